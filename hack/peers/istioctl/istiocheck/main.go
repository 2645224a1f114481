// Command istiocheck runs all of Istio's analyzers over manifests that are not in a cluster.
//
// It is `istioctl analyze --use-kube=false`, but for one thing: that reads no Service, Pod,
// Namespace, Node or Secret from files, and so leaves out every analyzer that asks for one, such
// as whether a destination exists. Each workload's Pod is added, too. Each line of standard input is a request, each line of standard output its
// answer; the end of standard input ends the program.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"istio.io/istio/pkg/config/analysis/analyzers"
	"istio.io/istio/pkg/config/analysis/local"
	"istio.io/istio/pkg/log"
)

// request is a YAML stream: rendered objects and the inventory that they speak of.
type request struct {
	Text string `json:"text"`
}

// finding is what an analyzer says.
type finding struct {
	Level   string `json:"level"`
	Code    string `json:"code"`
	Origin  string `json:"origin"`
	Message string `json:"message"`
}

// answer tells all findings, or why there are none.
type answer struct {
	Findings []finding `json:"findings"`
	Error    string    `json:"error,omitempty"`
}

func main() {
	if err := quiet(); err != nil {
		fmt.Fprintf(os.Stderr, "istiocheck: %v\n", err)
		os.Exit(1)
	}
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if err := answers.Encode(handle(line)); err != nil {
				os.Exit(1)
			}
		}
		if err != nil {
			return
		}
	}
}

func handle(line []byte) answer {
	asked := request{}
	err := json.Unmarshal(line, &asked)
	if err == nil {
		var findings []finding
		if findings, err = analyze(asked.Text); err == nil {
			return answer{Findings: findings}
		}
	}
	return answer{Findings: []finding{}, Error: err.Error()}
}

func analyze(text string) ([]finding, error) {
	text, err := withPods(text)
	if err != nil {
		return nil, err
	}
	// No namespace: findings of all of them.
	analyzer := local.NewIstiodAnalyzer(analyzers.AllCombined(), "", "istio-system", nil)
	source := local.ReaderSource{Name: "rendered.yaml", Reader: strings.NewReader(text)}
	// The name says test; it is the way that reads all kinds.
	if err := analyzer.AddTestReaderKubeSource([]local.ReaderSource{source}); err != nil {
		return nil, err
	}
	// After that: the first source decides which kinds are read.
	if err := analyzer.AddDefaultResources(); err != nil {
		return nil, err
	}
	cancel := make(chan struct{})
	defer close(cancel)
	result, err := analyzer.Analyze(cancel)
	if err != nil {
		return nil, err
	}
	if len(result.SkippedAnalyzers) > 0 {
		return nil, fmt.Errorf("analyzers left out: %s", strings.Join(result.SkippedAnalyzers, ", "))
	}
	findings := []finding{}
	for _, message := range result.Messages {
		fields := message.Unstructured(true)
		text := func(key string) string {
			value, _ := fields[key].(string)
			return value
		}
		findings = append(findings, finding{
			Level: text("level"), Code: message.Type.Code(), Origin: text("origin"), Message: text("message"),
		})
	}
	return findings, nil
}

// quiet keeps Istio's log away from the answers.
func quiet() error {
	options := log.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	for name := range log.Scopes() {
		options.SetDefaultOutputLevel(name, log.NoneLevel)
	}
	return log.Configure(options)
}
