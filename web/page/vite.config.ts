import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The server allows scripts and styles from its own files only, so nothing may be put inline.
export default defineConfig({
  plugins: [react()],
  base: '/page/',
  build: { assetsInlineLimit: 0, target: 'es2022', chunkSizeWarningLimit: 800 },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
})
