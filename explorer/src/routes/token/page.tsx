export function TokenPage() {
  return <h1>Token</h1>;
}
