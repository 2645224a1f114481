package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

var scheme = runtime.NewScheme()

func init() {
	install.Install(scheme)
}

// definition is one served version of a kind, made ready when an object of it first comes.
type definition struct {
	spec    *apiextensionsv1.CustomResourceDefinition
	version *apiextensionsv1.CustomResourceDefinitionVersion

	ready      bool
	structural *structuralschema.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

// definitions are the served kinds by group, version and kind.
type definitions struct {
	byKind map[schema.GroupVersionKind]*definition
}

func newDefinitions() *definitions {
	return &definitions{byKind: map[schema.GroupVersionKind]*definition{}}
}

// load keeps the definitions of a file, or of every YAML file below a folder.
func (d *definitions) load(path string) error {
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		suffix := filepath.Ext(path)
		if entry.IsDir() || suffix != ".yaml" && suffix != ".yml" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		crds, err := parse(text)
		for _, crd := range crds {
			d.keep(crd)
		}
		return err
	})
}

// add judges the definitions of a stream as the server would, and keeps them.
func (d *definitions) add(text []byte) []string {
	crds, err := parse(text)
	if err != nil {
		return []string{err.Error()}
	}
	found := []string{}
	for _, crd := range crds {
		scheme.Default(crd)
		crd.Status.StoredVersions = []string{}
		internal := &apiextensions.CustomResourceDefinition{}
		if err := scheme.Convert(crd, internal, nil); err != nil {
			found = append(found, fmt.Sprintf("CustomResourceDefinition %s: %v", crd.Name, err))
			continue
		}
		// The server itself names the stored version on creation.
		for _, version := range crd.Spec.Versions {
			if version.Storage {
				internal.Status.StoredVersions = []string{version.Name}
			}
		}
		for _, err := range crdvalidation.ValidateCustomResourceDefinition(context.Background(), internal) {
			found = append(found, fmt.Sprintf("CustomResourceDefinition %s: %v", crd.Name, err))
		}
		d.keep(crd)
	}
	return found
}

func (d *definitions) keep(crd *apiextensionsv1.CustomResourceDefinition) {
	for i := range crd.Spec.Versions {
		version := &crd.Spec.Versions[i]
		if version.Served {
			kind := schema.GroupVersionKind{Group: crd.Spec.Group, Version: version.Name, Kind: crd.Spec.Names.Kind}
			d.byKind[kind] = &definition{spec: crd, version: version}
		}
	}
}

// of finds the definition of a kind, compiled.
func (d *definitions) of(kind schema.GroupVersionKind) (*definition, error) {
	found, known := d.byKind[kind]
	if !known {
		return nil, fmt.Errorf("no CustomResourceDefinition serves %s", kind)
	}
	if !found.ready {
		if err := found.compile(); err != nil {
			return nil, fmt.Errorf("its CustomResourceDefinition: %w", err)
		}
		found.ready = true
	}
	return found, nil
}

func (d *definition) compile() error {
	if d.version.Schema == nil || d.version.Schema.OpenAPIV3Schema == nil {
		return fmt.Errorf("version %s has no schema", d.version.Name)
	}
	internal := &apiextensions.JSONSchemaProps{}
	if err := scheme.Convert(d.version.Schema.OpenAPIV3Schema, internal, nil); err != nil {
		return err
	}
	var err error
	if d.structural, err = structuralschema.NewStructural(internal); err != nil {
		return err
	}
	if d.schema, _, err = validation.NewSchemaValidator(internal); err != nil {
		return err
	}
	d.rules = cel.NewValidator(d.structural, true, celconfig.PerCallLimit)
	return nil
}

// parse reads the definitions of a stream; documents of another kind are passed over.
func parse(text []byte) ([]*apiextensionsv1.CustomResourceDefinition, error) {
	documents, err := split(text)
	if err != nil {
		return nil, err
	}
	crds := []*apiextensionsv1.CustomResourceDefinition{}
	for _, document := range documents {
		head := struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
		}{}
		if !strings.Contains(string(document), "CustomResourceDefinition") {
			continue
		}
		if err := yaml.Unmarshal(document, &head); err != nil {
			return nil, err
		}
		if head.Kind != "CustomResourceDefinition" || head.APIVersion != "apiextensions.k8s.io/v1" {
			continue
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(document, crd); err != nil {
			return nil, err
		}
		crds = append(crds, crd)
	}
	return crds, nil
}
