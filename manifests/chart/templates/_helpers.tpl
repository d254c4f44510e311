{{/* The objects of a manifest as a JSON list, for this release: its namespace in place of sluice-system. Takes root and path. */}}
{{- define "sluice.objects" -}}
{{- $objects := list -}}
{{- $text := .root.Files.Get .path | replace "sluice-system" .root.Release.Namespace -}}
{{- range $part := regexSplit "(?m)^---$" $text -1 -}}
{{- $object := fromYaml $part -}}
{{- if hasKey $object "kind" -}}{{- $objects = append $objects $object -}}{{- end -}}
{{- end -}}
{{- toJson $objects -}}
{{- end -}}

{{/* Whether the webhook stands in for the mutating policies: "true" or nothing. */}}
{{- define "sluice.webhook" -}}
{{- $policies := .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" -}}
{{- if or (eq .Values.admission "webhook") (and (eq .Values.admission "auto") (not $policies)) -}}true{{- end -}}
{{- end -}}
