package main

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apimachineryvalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/json"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
)

// natives are the kinds that the server knows without a CustomResourceDefinition and that stand
// beside policy in an inventory. Only their fields and types are checked, not their meaning: that
// part of the server is no library.
var natives = runtime.NewScheme()

var strictNatives runtime.Decoder

func init() {
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, discoveryv1.AddToScheme, networkingv1.AddToScheme,
	} {
		utilruntime.Must(add(natives))
	}
	strictNatives = serializer.NewCodecFactory(natives, serializer.EnableStrict).UniversalDeserializer()
}

func native(kind schema.GroupVersionKind) bool {
	return natives.Recognizes(kind)
}

func checkNative(object *unstructured.Unstructured) []string {
	found := []string{}
	for _, words := range apimachineryvalidation.NameIsDNSSubdomain(object.GetName(), false) {
		found = append(found, "metadata.name: "+words)
	}
	asJSON, err := json.Marshal(object.Object)
	if err == nil {
		_, _, err = strictNatives.Decode(asJSON, nil, nil)
	}
	if err != nil {
		found = append(found, err.Error())
	}
	return found
}
