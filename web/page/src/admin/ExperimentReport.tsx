import { Area, CartesianGrid, ComposedChart, Line, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'

import { words } from '../words'
import type { Report } from './adminApi'
import { colourOf } from './colours'
import { dollars, percent } from './format'
import { Table } from './Table'

/** What it says in plain words, how a saving came to be known, and the figures of each arm. */
export function ExperimentReport({ report }: { report: Report }) {
  const arms = [...new Set(report.looks.map((look) => look.arm))]
  return (
    <>
      <ul className="sentences">
        {report.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {!report.sample_ratio_holds && (
        <div className="notice bad" role="alert">
          <p>{words.report.ratio}</p>
        </div>
      )}
      {arms.map((arm, at) => (
        <Saving key={arm} arm={arm} colour={colourOf(arm, at)} report={report} />
      ))}
      <Table
        label={words.report.arms(report.name)}
        columns={words.report.columns}
        amounts={[2, 3, 4, 5, 6, 7, 8]}
        rows={report.arms.map((arm) => ({
          key: arm.arm,
          cells: [
            arm.arm,
            arm.stack,
            arm.users,
            arm.calls,
            arm.as_assigned,
            words.report.done(arm.successes, arm.tasks),
            arm.success_rate === null ? '–' : percent(arm.success_rate),
            arm.microdollars_per_success === null ? '–' : dollars(arm.microdollars_per_success),
            arm.slow_ms === null ? '–' : words.report.slow(Math.round(arm.slow_ms)),
          ],
        }))}
      />
      {report.waiting > 0 && <p className="quiet">{words.report.waiting(report.waiting)}</p>}
    </>
  )
}

interface SavingProps {
  arm: string
  colour: string
  report: Report
}

function Saving({ arm, colour, report }: SavingProps) {
  const points = report.looks
    .filter((look) => look.arm === arm)
    .map((look) => ({ calls: look.calls, saving: look.saving.value, between: [look.saving.low, look.saving.high] }))
  return (
    <figure>
      <figcaption>{words.report.savingText(arm)}</figcaption>
      <div className="chart" role="group" aria-label={words.report.saving(arm)}>
        <ResponsiveContainer width="100%" height={220}>
          <ComposedChart data={points} margin={{ top: 8, right: 8, bottom: 0, left: 8 }}>
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis dataKey="calls" type="number" domain={[0, 'dataMax']} stroke="var(--soft)" tickLine={false} />
            <YAxis domain={[-1, 1]} tickFormatter={percent} stroke="var(--soft)" tickLine={false} axisLine={false} width={60} allowDataOverflow />
            <ReferenceLine y={0} stroke="var(--ink)" />
            <Tooltip
              contentStyle={{ background: 'var(--card)', border: '1px solid var(--line)', borderRadius: '0.5rem' }}
              labelStyle={{ color: 'var(--ink)' }}
              itemStyle={{ color: 'var(--ink)' }}
              labelFormatter={(calls) => words.report.after(String(calls))}
              formatter={(value) => (Array.isArray(value) ? value.map((one) => percent(Number(one))).join(words.report.range) : percent(Number(value)))}
            />
            <Area dataKey="between" name={words.report.between} stroke="none" fill={colour} fillOpacity={0.25} isAnimationActive={false} />
            <Line dataKey="saving" name={words.report.point} stroke={colour} strokeWidth={2} dot={false} isAnimationActive={false} />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
    </figure>
  )
}
