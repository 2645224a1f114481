{{- define "meshglot.labels" -}}
app.kubernetes.io/name: meshglot-controller
app.kubernetes.io/part-of: meshglot
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "meshglot.metadata" -}}
name: meshglot-controller
{{ include "meshglot.labelled" . }}
{{- end }}

{{- define "meshglot.labelled" -}}
labels:
  {{- include "meshglot.labels" . | nindent 2 }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "meshglot.rules" -}}
{{- index (.Files.Get "rules.yaml" | fromYaml) .Values.backend | toYaml }}
{{- end }}

{{- define "meshglot.image" -}}
{{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}

{{- define "meshglot.webhook" -}}
{{- if or .Values.webhook.enabled .Values.inject.enabled }}true{{ end }}
{{- end }}

{{- define "meshglot.plane" -}}
{{- if eq .Values.backend "builtin" }}true{{ end }}
{{- end }}
