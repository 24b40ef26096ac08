// Prints what Go's encoding makes of the zero values of the fields of built-in kinds, one type a line, for
// src/kube/schema/builtin/builtin-zero-values.ts. Facts read by reflection from the published modules; see there for the notation.
//
//	go mod init zero && go get k8s.io/api@v0.33.4 k8s.io/apiextensions-apiserver@v0.33.4 k8s.io/kube-aggregator@v0.33.4 && go run .
package main

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	certificates "k8s.io/api/certificates/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	events "k8s.io/api/events/v1"
	networking "k8s.io/api/networking/v1"
	node "k8s.io/api/node/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

var kinds = []any{
	admissionregistration.ValidatingWebhookConfiguration{}, admissionregistration.MutatingWebhookConfiguration{},
	admissionregistration.ValidatingAdmissionPolicy{}, admissionregistration.ValidatingAdmissionPolicyBinding{},
	apps.Deployment{}, apps.ReplicaSet{}, apps.DaemonSet{}, apps.StatefulSet{}, apps.ControllerRevision{},
	authentication.TokenRequest{}, authentication.TokenReview{}, authentication.SelfSubjectReview{},
	authorization.SubjectAccessReview{}, authorization.SelfSubjectRulesReview{}, authorization.SelfSubjectAccessReview{},
	authorization.LocalSubjectAccessReview{}, autoscalingv1.Scale{}, autoscalingv1.HorizontalPodAutoscaler{},
	autoscaling.HorizontalPodAutoscaler{}, batch.Job{}, batch.CronJob{}, certificates.CertificateSigningRequest{},
	coordination.Lease{}, core.Pod{}, core.Node{}, core.Namespace{}, core.Secret{}, core.ConfigMap{},
	core.ServiceAccount{}, core.Service{}, core.Endpoints{}, core.Event{}, core.PersistentVolume{},
	core.PersistentVolumeClaim{}, core.PodTemplate{}, core.ReplicationController{}, core.ResourceQuota{},
	core.LimitRange{}, core.Binding{}, core.ComponentStatus{}, discovery.EndpointSlice{}, events.Event{},
	networking.Ingress{}, networking.IngressClass{}, networking.NetworkPolicy{}, networking.IPAddress{},
	networking.ServiceCIDR{}, node.RuntimeClass{}, policy.PodDisruptionBudget{}, policy.Eviction{}, rbac.Role{},
	rbac.ClusterRole{}, rbac.RoleBinding{}, rbac.ClusterRoleBinding{}, scheduling.PriorityClass{},
	storage.StorageClass{}, storage.CSIDriver{}, storage.CSINode{}, storage.CSIStorageCapacity{},
	storage.VolumeAttachment{}, apiextensions.CustomResourceDefinition{}, apiregistration.APIService{},
}

// Structs that have a JSON form of their own.
var scalars = []string{"Time", "MicroTime", "Quantity", "IntOrString", "RawExtension", "FieldsV1", "JSON",
	"JSONSchemaProps", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrStringArray"}

var lines = map[string]string{}

func visit(t reflect.Type) {
	switch t.Kind() {
	case reflect.Ptr, reflect.Slice, reflect.Map:
		visit(t.Elem())
	case reflect.Struct:
		path := strings.Split(t.PkgPath(), "/")
		name := strings.Join(append(path[len(path)-2:], t.Name()), ".")
		if _, seen := lines[name]; seen || slices.Contains(scalars, t.Name()) {
			return
		}
		lines[name] = ""
		marks := marksOf(t)
		sort.Strings(marks)
		lines[name] = strings.Join(marks, " ")
	}
}

func marksOf(t reflect.Type) []string {
	var marks []string
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		tag := strings.Split(field.Tag.Get("json"), ",")
		name, omitsEmpty := tag[0], slices.Contains(tag, "omitempty")
		if name == "-" || field.Type.Name() == "TypeMeta" {
			continue
		}
		if name == "" {
			inline := field.Type
			if inline.Kind() == reflect.Ptr {
				inline = inline.Elem()
			}
			marks = append(marks, marksOf(inline)...)
			continue
		}
		visit(field.Type)
		if mark := markOf(field.Type, omitsEmpty); mark != "" {
			marks = append(marks, name+mark)
		}
	}
	return marks
}

func markOf(t reflect.Type, omitsEmpty bool) string {
	switch t.Kind() {
	case reflect.Ptr:
		switch kind := t.Elem().Kind(); {
		case t.Elem().Name() == "MicroTime":
			return "~"
		case !omitsEmpty:
			return "!"
		case kind == reflect.String || kind == reflect.Slice:
			return "*"
		}
	case reflect.Struct:
		// Structs held by value are printed whatever the tag says; the table of types knows those that are objects.
		if t.Name() == "MicroTime" {
			return "!~"
		}
		if slices.Contains(scalars, t.Name()) {
			return "!"
		}
	case reflect.Bool, reflect.Int32, reflect.Int64:
		if omitsEmpty {
			return "-"
		}
		return "!"
	default:
		if !omitsEmpty {
			return "!"
		}
	}
	return ""
}

func main() {
	for _, kind := range kinds {
		visit(reflect.TypeOf(kind))
	}
	names := make([]string, 0, len(lines))
	for name, marks := range lines {
		if marks != "" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Println(name, lines[name])
	}
}
