// A shop of many Services, made as text: what the view must stand without getting slow or heavy.

/** A Service and what runs behind it, under an account of its own. */
function service(namespace, name) {
    const labels = `{app: ${name}}`;
    return [
        `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}}, spec: {selector: ${labels}, ports: [{name: http, port: 80, targetPort: 8080, appProtocol: http}]}}`,
        `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, namespace: ${namespace}}, spec: {selector: {matchLabels: ${labels}}, template: {metadata: {labels: ${labels}}, spec: {serviceAccountName: ${name}, containers: [{name: main, image: 'shop/${name}:1', ports: [{containerPort: 8080}]}]}}}}`,
    ];
}

/** Who may call it: the Service before it, with GET below a path. */
function rule(namespace, name, caller) {
    return [
        `{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: ${name}, namespace: ${namespace}}, spec: {matches: [{name: read, methods: [GET], pathRegex: /${name}/}]}}`,
        `{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: ${caller}-to-${name}, namespace: ${namespace}}, spec: {destination: {kind: ServiceAccount, name: ${name}}, sources: [{kind: ServiceAccount, name: ${caller}}], rules: [{kind: HTTPRouteGroup, name: ${name}}]}}`,
    ];
}

/**
 * `namespaces` with `services` each, every one with a rule, as one text for each namespace.
 * Everything is closed otherwise.
 */
export function large(namespaces, services) {
    const texts = {
        'mesh.yaml': '{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: large}, spec: {backend: istio, access: {default: deny}}}\n',
    };
    for (let n = 0; n < namespaces; n += 1) {
        const namespace = `team-${n}`;
        const documents = [`{apiVersion: v1, kind: Namespace, metadata: {name: ${namespace}}}`];
        // Names differ between namespaces too: Consul has one list of services.
        const name = (s) => `service-${n}-${s}`;
        for (let s = 0; s < services; s += 1) {
            documents.push(...service(namespace, name(s)), ...rule(namespace, name(s), name((s + services - 1) % services)));
        }
        texts[`${namespace}.yaml`] = documents.join('\n---\n') + '\n';
    }
    return texts;
}
