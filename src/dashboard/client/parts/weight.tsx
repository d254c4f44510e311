/** Percent of the traffic as a bar. */
export function WeightBar({ weight }: { readonly weight: number | null }) {
  if (weight === null) return <span class="faint">–</span>;
  return (
    <span class="weight" title={`canary ${weight} %, stable ${100 - weight} %`}>
      <span class="bar" aria-hidden="true">
        <span class="fill" style={{ width: `${weight}%` }} />
      </span>
      <span class="number">{weight} %</span>
    </span>
  );
}
