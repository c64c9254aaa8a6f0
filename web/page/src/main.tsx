import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { App } from './App'
import { PageError } from './PageError'
import './styles/base.css'
import './styles/layout.css'
import './styles/call.css'
import './styles/tools.css'
import './styles/calls.css'
import './styles/tasks.css'
import './styles/account.css'

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <PageError>
        <App />
      </PageError>
    </StrictMode>,
  )
}
