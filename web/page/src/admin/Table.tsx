import type { ReactNode } from 'react'

interface Props {
  label: string
  columns: string[]
  /** Columns that hold amounts, by number. */
  amounts?: number[]
  rows: { key: string; cells: ReactNode[] }[]
}

/** A table that may be wider than the screen; then it is moved by keys as well. */
export function Table({ label, columns, amounts = [], rows }: Props) {
  const className = (at: number) => (amounts.includes(at) ? 'amount' : undefined)
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={column} scope="col" className={className(at)}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              {row.cells.map((cell, at) => (
                <td key={columns[at]} className={className(at)}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
