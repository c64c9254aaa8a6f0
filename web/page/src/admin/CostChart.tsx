import { useMemo, useState } from 'react'
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'

import { serversNow } from '../serverClock'
import { words } from '../words'
import type { Costs, DayCost } from './adminApi'
import { colourOf } from './colours'
import { dollars } from './format'
import { Table } from './Table'

const WAYS = words.money.ways
type Way = keyof typeof WAYS

/** What each day cost, stacked; figures on hover or by arrow keys, and as a table. */
export function CostChart({ costs }: { costs: Costs }) {
  const [way, setWay] = useState<Way>('stack')
  const { names, days } = useMemo(() => byDay(costs, way), [costs, way])
  return (
    <>
      <div className="ways" role="group" aria-label={words.money.by}>
        {(Object.keys(WAYS) as Way[]).map((each) => (
          <button key={each} aria-pressed={way === each} onClick={() => setWay(each)}>
            {WAYS[each]}
          </button>
        ))}
      </div>
      <div className="chart" role="group" aria-label={words.money.chart[way]}>
        <ResponsiveContainer width="100%" height={260}>
          <BarChart data={days} margin={{ top: 8, right: 8, bottom: 0, left: 8 }}>
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis dataKey="day" tickFormatter={(day: string) => day.slice(5)} stroke="var(--soft)" tickLine={false} />
            <YAxis tickFormatter={dollars} stroke="var(--soft)" tickLine={false} axisLine={false} width={72} />
            <Tooltip
              cursor={{ fill: 'var(--accent-wash)' }}
              contentStyle={{ background: 'var(--card)', border: '1px solid var(--line)', borderRadius: '0.5rem' }}
              labelStyle={{ color: 'var(--ink)' }}
              itemStyle={{ color: 'var(--ink)' }}
              formatter={(value) => dollars(Number(value))}
            />
            {names.map((name, at) => (
              <Bar key={name} dataKey={(row: Day) => row.sums[name] ?? 0} name={name} stackId="cost" fill={colourOf(name, at)} isAnimationActive={false} />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
      <ul className="legend">
        {names.map((name, at) => (
          <li key={name}>
            <svg viewBox="0 0 10 10" aria-hidden="true">
              <rect width="10" height="10" rx="2" fill={colourOf(name, at)} />
            </svg>
            {name}
          </li>
        ))}
      </ul>
      <details>
        <summary>{words.money.asTable}</summary>
        <Table
          label={words.money.table}
          columns={[words.money.day, ...names, words.money.inAll]}
          amounts={[...names.keys(), names.length].map((at) => at + 1)}
          rows={days.map((day) => ({
            key: day.day,
            cells: [
              day.day,
              ...names.map((name) => dollars(day.sums[name] ?? 0)),
              dollars(Object.values(day.sums).reduce((sum, one) => sum + one, 0)),
            ],
          }))}
        />
      </details>
    </>
  )
}

interface Day {
  day: string
  sums: Record<string, number>
}

/** Every day of the time, also those that cost nothing. Made-up calls stay told apart. */
function byDay(costs: Costs, way: Way): { names: string[]; days: Day[] } {
  const nameOf = (row: DayCost) => {
    const name = row[way] || words.money.noExperiment
    return row.demo ? words.console.demoName(name) : name
  }
  const names = [...new Set(costs.rows.map(nameOf))].sort()
  const today = serversNow()
  const days = Array.from({ length: costs.days }, (_, at) => ({
    day: new Date(today - (costs.days - 1 - at) * 86_400_000).toISOString().slice(0, 10),
    sums: {} as Record<string, number>,
  }))
  const byName = new Map(days.map((day) => [day.day, day]))
  for (const row of costs.rows) {
    const sums = byName.get(row.day)?.sums
    if (sums) sums[nameOf(row)] = (sums[nameOf(row)] ?? 0) + row.microdollars
  }
  return { names, days }
}
