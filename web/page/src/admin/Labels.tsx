/** What is shown is not real: stand-ins' money, or made up altogether. */
export function Labels({ sandbox, demo }: { sandbox?: boolean; demo?: boolean }) {
  return (
    <>
      {demo && <span className="badge made-up">demo data</span>}
      {sandbox && <span className="badge sandboxed">sandbox</span>}
    </>
  )
}
