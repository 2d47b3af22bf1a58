export function HeadPage() {
  return <h1>Head</h1>;
}
