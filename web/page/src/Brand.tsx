export function Brand() {
  return (
    <p className="brand">
      <img src="/page/icon.svg" alt="" width="28" height="28" />
      <span>voicetasks</span>
    </p>
  )
}
