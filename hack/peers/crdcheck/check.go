package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apimachineryvalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// checkStream judges every document of a stream.
func checkStream(definitions *definitions, text []byte, namespace string) []string {
	documents, err := split(text)
	if err != nil {
		return []string{err.Error()}
	}
	found := []string{}
	for index, document := range documents {
		object, err := decode(document)
		if err != nil {
			found = append(found, fmt.Sprintf("document %d: %v", index+1, err))
			continue
		}
		if len(object.Object) == 0 {
			continue
		}
		name := nameOf(object)
		for _, words := range checkObject(definitions, object, namespace) {
			found = append(found, name+": "+words)
		}
	}
	return found
}

// checkObject takes the server's way on creation: unknown fields, defaults, then the validations.
func checkObject(definitions *definitions, object *unstructured.Unstructured, namespace string) []string {
	kind := object.GroupVersionKind()
	if native(kind) {
		return checkNative(object)
	}
	definition, err := definitions.of(kind)
	if err != nil {
		return []string{err.Error()}
	}
	found := []string{}
	namespaced := definition.spec.Spec.Scope == apiextensionsv1.NamespaceScoped
	if namespaced && object.GetNamespace() == "" && namespace != "" {
		object.SetNamespace(namespace)
	}

	meta, hasMeta, unknown, err := objectmeta.GetObjectMetaWithOptions(object.Object, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return []string{err.Error()}
	}
	apiVersion := object.GetAPIVersion()
	if !definition.spec.Spec.PreserveUnknownFields {
		unknown = append(unknown, pruning.PruneWithOptions(object.Object, definition.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
		defaulting.PruneNonNullableNullsWithoutDefaults(object.Object, definition.structural)
	}
	coerceErr, paths := objectmeta.CoerceWithOptions(nil, object.Object, definition.structural, false, objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	if coerceErr != nil {
		return []string{coerceErr.Error()}
	}
	for _, path := range append(unknown, paths...) {
		found = append(found, fmt.Sprintf("%s: unknown field", path))
	}
	object.SetKind(kind.Kind)
	object.SetAPIVersion(apiVersion)
	if hasMeta {
		if err := objectmeta.SetObjectMeta(object.Object, meta); err != nil {
			return []string{err.Error()}
		}
	}
	defaulting.Default(object.Object, definition.structural)
	if subresources := definition.version.Subresources; subresources != nil && subresources.Status != nil {
		delete(object.Object, "status") // the server drops it on creation
	}

	errors := apimachineryvalidation.ValidateObjectMetaAccessor(object, namespaced, apimachineryvalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	errors = append(errors, validation.ValidateCustomResource(nil, object.Object, definition.schema)...)
	errors = append(errors, objectmeta.Validate(nil, object.Object, definition.structural, false)...)
	errors = append(errors, listtype.ValidateListSetsAndMaps(nil, definition.structural, object.Object)...)
	if definition.rules != nil {
		if blocking(errors) {
			errors = append(errors, field.Invalid(nil, nil, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"))
		} else {
			fromRules, _ := definition.rules.Validate(context.Background(), nil, definition.structural, object.Object, nil, celconfig.RuntimeCELCostBudget)
			errors = append(errors, fromRules...)
		}
	}
	for _, err := range errors {
		found = append(found, err.Error())
	}
	return found
}

// blocking tells whether an error keeps the server from running the rules at all.
func blocking(errors field.ErrorList) bool {
	for _, err := range errors {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		}
	}
	return false
}

// decode reads a document as the server reads a request: a repeated key is an error.
func decode(document []byte) (*unstructured.Unstructured, error) {
	asJSON, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, err
	}
	var value any
	if err := json.Unmarshal(asJSON, &value); err != nil {
		return nil, err
	}
	if value == nil {
		return &unstructured.Unstructured{}, nil
	}
	fields, isObject := value.(map[string]any)
	if !isObject {
		return nil, fmt.Errorf("not an object")
	}
	return &unstructured.Unstructured{Object: fields}, nil
}

// split cuts a stream into its documents, without those that hold only comments.
func split(text []byte) ([][]byte, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	documents := [][]byte{}
	for {
		document, err := reader.Read()
		if err == io.EOF {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(document)) > 0 {
			documents = append(documents, document)
		}
	}
}

func nameOf(object *unstructured.Unstructured) string {
	parts := []string{}
	for _, part := range []string{object.GetNamespace(), object.GetName()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	kind := object.GetKind()
	if kind == "" {
		kind = "object without kind"
	}
	return strings.TrimSpace(kind + " " + strings.Join(parts, "/"))
}
