// Runs before the page's own scripts. A microphone that says what a test gives it (a real WebRTC track, fed by WebAudio),
// and an ear on every sound that the page plays.
(() => {
  const test = (window.__test = { heard: [], playing: false })
  let context, microphone
  const given = []
  const audio = () => (context ??= new AudioContext({ sampleRate: 48000 }))

  if (!window.__realMicrophone) {
    navigator.mediaDevices.getUserMedia = async () => {
      if (test.microphoneError) throw new DOMException(test.microphoneWords ?? 'set by the test', test.microphoneError)
      if (!microphone) {
        microphone = audio().createMediaStreamDestination()
        // Never quite silent, as no room is.
        const hum = audio().createOscillator()
        const quiet = audio().createGain()
        quiet.gain.value = 0.0001
        hum.connect(quiet).connect(microphone)
        hum.start()
      }
      // Each asker may stop its own.
      const stream = microphone.stream.clone()
      given.push(...stream.getAudioTracks())
      return stream
    }
    // Unplugged, revoked: the browser ends what it gave, and gives no more.
    test.takeMicrophone = (error) => {
      test.microphoneError = error
      for (const track of given.splice(0)) {
        track.stop()
        track.dispatchEvent(new Event('ended'))
      }
    }
    test.muted = () => !given.some((track) => track.readyState === 'live' && track.enabled)
    // By a switch on the headset, or by the system.
    test.silenceMicrophone = (muted) => {
      for (const track of given) {
        Object.defineProperty(track, 'muted', { value: muted, configurable: true })
        track.dispatchEvent(new Event(muted ? 'mute' : 'unmute'))
      }
    }
  }
  test.say = async (base64) => {
    while (!microphone) await new Promise((resolve) => setTimeout(resolve, 10))
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    const source = audio().createBufferSource()
    source.buffer = await audio().decodeAudioData(bytes.buffer)
    source.connect(microphone)
    await new Promise((resolve) => {
      source.onended = resolve
      source.start()
    })
  }

  // Peaks of what comes out of the page's audio elements, every 50 ms, while it is loud enough to hear.
  const ears = new Map()
  setInterval(() => {
    for (const element of document.querySelectorAll('audio')) {
      const stream = element.srcObject
      if (!stream || element.paused || stream.getAudioTracks().length === 0) continue
      if (!ears.has(stream)) {
        const ear = audio().createAnalyser()
        audio().createMediaStreamSource(stream).connect(ear)
        ears.set(stream, ear)
      }
      const samples = new Float32Array(ears.get(stream).fftSize)
      ears.get(stream).getFloatTimeDomainData(samples)
      const peak = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0)
      if (peak > 0.01) test.heard.push(performance.now())
    }
  }, 50)
})()
