import { Component, type ReactNode } from 'react'

import { Brand } from './Brand'
import { words } from './words'

type Failed = 'renewed' | 'broken'

/** How Chromium, Firefox, Safari and Vite say that a part of the page is not there: after a deployment it has another name. */
const NOT_THERE = /dynamically imported module|importing a module script failed|unable to preload/i

/** Instead of a white page: what happened, and the one thing that helps. */
export class PageError extends Component<{ children: ReactNode }, { failed: Failed | null }> {
  override state: { failed: Failed | null } = { failed: null }

  static getDerivedStateFromError(error: unknown): { failed: Failed } {
    return { failed: NOT_THERE.test(String(error)) && navigator.onLine ? 'renewed' : 'broken' }
  }

  override render(): ReactNode {
    const { failed } = this.state
    if (!failed) return this.props.children
    return (
      <main className="entry">
        <Brand />
        <div className="notice bad" role="alert">
          <p>
            <strong>{words.page[failed]}</strong> {words.page.reloadText}
          </p>
          <button onClick={() => location.reload()}>{words.page.reload}</button>
        </div>
      </main>
    )
  }
}
