import { type Matcher, replaceSelectors, type Selector, selectorText } from './selectors.ts';

/** Whether the value of a matcher names one version, such as the Service of the canary. */
export type NamesVersion = (value: string) => boolean;

/** Series of these come from a gateway, whose pod is not that of the version. */
const OF_GATEWAY =
  /^(?:nginx_|envoy_|traefik_|haproxy_|contour_|kong_|apisix_|skipper_|gloo_|ambassador_|container_|kube_)/;
/** Labels that hold a pod. */
const OF_POD = /^(?:kubernetes_)?pod(?:_name)?$/;
/** Labels that say which workload, Service or version it is: pods say that more exactly. */
const OF_PLACE =
  /^(?:destination_(?:service|workload|app|canonical|version|principal|cluster).*|(?:kubernetes_)?namespace|exported_namespace|deployment|service|service_name|app|job|version|rollouts_pod_template_hash|pod_template_hash|instance|container)$/;

const PODS: Matcher = { label: 'pod', op: '=~', value: '{{pods}}' };
const NAMESPACE: Matcher = { label: 'namespace', op: '=', value: '{{namespace}}' };

const isIstio = (name: string): boolean => name.startsWith('istio_');

/** Whether the series of a metric have the pod of the version as a label. */
export function hasPods({ name }: Selector): boolean {
  return name !== '' && !OF_GATEWAY.test(name);
}

/** A selector of the raw counters of a version: by its pods, in place of what names workload, Service or version. */
export function byPods({ name, matchers }: Selector): Selector {
  const kept = matchers.filter(
    ({ label }) => !OF_PLACE.test(label) && !OF_POD.test(label) && label !== 'reporter',
  );
  const reporter: Matcher[] = isIstio(name) ? [{ label: 'reporter', op: '=', value: 'destination' }] : [];
  return { name, matchers: [...reporter, NAMESPACE, PODS, ...kept] };
}

/** Matchers of a selector that do not say where the series come from. */
export function ownMatchers({ matchers }: Selector): readonly Matcher[] {
  return byPods({ name: '', matchers }).matchers.slice(2);
}

/** A query in which whatever names a version selects by its pods; or why that cannot be. */
export function queryByPods(
  query: string,
  namesVersion: NamesVersion,
): { readonly query: string; readonly isChanged: boolean } | { readonly problem: string } {
  let [isChanged, problem] = [false, ''];
  const text = replaceSelectors(query, (selector) => {
    const { name, matchers } = selector;
    const found = matchers.filter(({ value }) => namesVersion(value));
    if (found.length === 0) return selectorText(selector);
    const names = found.map(({ label }) => label).join(', ');
    const isSource = matchers.some(({ label, value }) => label === 'reporter' && value === 'source');
    if (!hasPods(selector) || isSource)
      problem = `${name || 'a selector'} tells versions apart by ${names} of a proxy in front, which knows nothing of Sluice's subsets: write a query of the pods, with pod=~"{{pods}}"`;
    isChanged = true;
    const label = found.find((one) => OF_POD.test(one.label))?.label ?? 'pod';
    const rest = matchers.filter((one) => !found.includes(one) && one.label !== 'namespace');
    return selectorText({ name, matchers: [...rest, NAMESPACE, { ...PODS, label }] });
  });
  if (problem !== '') return { problem };
  return { query: isChanged ? text : query, isChanged };
}
