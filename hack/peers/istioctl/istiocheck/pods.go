package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// withPods adds to a stream the Pod that a cluster would make of each Deployment, StatefulSet,
// DaemonSet, ReplicaSet or Job: analyzers look for the Pods that a policy or a subset selects.
func withPods(text string) (string, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	all := []string{text}
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return strings.Join(all, "\n---\n"), nil
		}
		if err != nil {
			return "", err
		}
		if !bytes.Contains(document, []byte("template")) {
			continue
		}
		workload := unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, &workload.Object); err != nil {
			return "", err
		}
		pod, err := podOf(workload)
		if err != nil {
			return "", err
		}
		if pod != "" {
			all = append(all, pod)
		}
	}
}

// podOf is the Pod of a workload, or nothing for another object.
func podOf(workload unstructured.Unstructured) (string, error) {
	group := workload.GroupVersionKind().Group
	template, found, err := unstructured.NestedMap(workload.Object, "spec", "template")
	if err != nil || !found || group != "apps" && group != "batch" {
		return "", err
	}
	pod := unstructured.Unstructured{Object: template}
	pod.SetAPIVersion("v1")
	pod.SetKind("Pod")
	pod.SetNamespace(workload.GetNamespace())
	pod.SetName(workload.GetName() + "-0")
	text, err := yaml.Marshal(pod.Object)
	return string(text), err
}
