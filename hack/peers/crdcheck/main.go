// Command crdcheck judges objects as the Kubernetes API server does when they are created.
//
// Arguments are files or folders of CustomResourceDefinitions. Each line of standard input is a
// request, each line of standard output its answer, in the same order; the end of standard input
// ends the program.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// request asks about one YAML stream, given by path or as text.
type request struct {
	ID   string  `json:"id"`
	Path string  `json:"path,omitempty"`
	Text *string `json:"text,omitempty"`
	// CRDs is a YAML stream of further definitions: they are judged themselves, then kept.
	CRDs *string `json:"crds,omitempty"`
	// Namespace is what a namespaced object without one gets, as a client's default would.
	Namespace string `json:"namespace,omitempty"`
}

// answer tells all that the API server would refuse.
type answer struct {
	ID     string   `json:"id"`
	OK     bool     `json:"ok"`
	Errors []string `json:"errors"`
}

func main() {
	definitions := newDefinitions()
	for _, path := range os.Args[1:] {
		if err := definitions.load(path); err != nil {
			fmt.Fprintf(os.Stderr, "crdcheck: %v\n", err)
			os.Exit(1)
		}
	}
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if err := answers.Encode(handle(definitions, line)); err != nil {
				os.Exit(1)
			}
		}
		if err != nil {
			return
		}
	}
}

func handle(definitions *definitions, line []byte) answer {
	asked := request{}
	errors := []string{}
	if err := json.Unmarshal(line, &asked); err != nil {
		errors = append(errors, fmt.Sprintf("request: %v", err))
		return answer{Errors: errors}
	}
	if asked.CRDs != nil {
		errors = append(errors, definitions.add([]byte(*asked.CRDs))...)
	}
	if asked.Path != "" {
		text, err := os.ReadFile(asked.Path)
		if err != nil {
			errors = append(errors, err.Error())
		} else {
			errors = append(errors, checkStream(definitions, text, asked.Namespace)...)
		}
	}
	if asked.Text != nil {
		errors = append(errors, checkStream(definitions, []byte(*asked.Text), asked.Namespace)...)
	}
	return answer{ID: asked.ID, OK: len(errors) == 0, Errors: errors}
}
