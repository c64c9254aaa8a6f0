/**
 * All that the page says, in English. Another language is another file of this shape, named in index.ts; what is
 * inserted comes as arguments, so that each language orders its own sentences.
 */
export const en = {
  /** BCP 47: of dates, times and money too. */
  locale: 'en-GB',

  common: {
    moment: 'One moment…',
    again: 'Try again',
    back: 'Back',
    save: 'Save',
    saved: 'Saved.',
    failed: 'That did not work. Try again.',
    offline: 'The server does not answer. Check your connection and try again.',
    ourFault: 'Something went wrong on our side. Try again.',
    signedOut: 'You have been signed out. Sign in again to go on.',
    sandbox: 'sandbox',
    sandboxTitle: 'Stand-ins on this machine answer instead of the vendors',
    quoted: (text: string) => `“${text}”`,
  },

  signIn: {
    title: 'Your tasks, by talking.',
    lead: 'Sign in, press one button and say what you need to get done.',
    email: 'Email',
    password: 'Password',
    submit: 'Sign in',
    submitting: 'Signing in…',
    empty: 'Enter your email address and your password.',
    elsewhere: (provider: string) => `Sign in with ${provider}`,
    demo: 'This is a demo. Go in as',
    demoAccounts: 'Demo accounts',
    refused: (why: string) => `You are not signed in. ${why}`,
    refusals: {
      denied: 'You did not allow it there.',
      failed: 'The answer from there could not be believed. Try again.',
      unverified: 'It has not verified an email address of yours.',
      in_use: 'There is an account with your address here already. Sign in with its password.',
      provider_away: 'It does not answer. Try again in a moment.',
      unavailable: 'Accounts cannot be reached right now. Try again in a moment.',
    } as Record<string, string>,
  },

  home: {
    calls: 'Calls',
    admin: 'Admin',
    account: 'Account',
    signOut: 'Sign out',
    shown: 'What is shown',
    talk: 'Talk',
    tasks: 'Tasks',
    notice:
      'You talk to an AI assistant. It can be wrong, and it asks before it completes or deletes a task. It cannot ' +
      'call emergency services.',
    status: 'Status',
  },

  idle: {
    title: 'Talk to your tasks',
    lead: 'Say what is on your mind. You can interrupt, correct and type as well.',
    elsewhere: 'You are in a call in another tab. It can go on here.',
    start: 'Start talking',
    move: 'Move the call here',
    startNew: 'Start a new call',
    examples: 'Things to say',
    example: [
      '«What’s on my list today?»',
      '«Add a task to review the proposal by Friday»',
      '«Mark the proposal task as done»',
    ],
    unsent: (text: string) => `Not sent: ${text} It is in the message field when you call again.`,
  },

  endings: {
    hungUp: { title: 'Call ended', text: 'Your tasks are saved.' },
    finished: { title: 'The assistant said goodbye', text: 'Your tasks are saved.' },
    gone: { title: 'The call has ended', text: 'It ended while this page was away. Your tasks are saved.' },
    lost: {
      title: 'The connection was lost',
      text: 'The call waited two minutes for you and has ended. Your tasks are saved. Check your network, then call again.',
    },
    moved: {
      title: 'This call goes on in another tab or device',
      text: 'A call has one microphone, so this tab let go of it.',
    },
    busy: { title: 'All lines are busy', text: 'Try again in a minute.' },
    failed: { title: 'The call could not start' },
    trouble: {
      title: 'The assistant had to stop',
      text: 'Its voice service failed. What was confirmed is saved; the task list shows it.',
    },
    callAgain: 'Call again',
    takeBack: 'Take it back here',
    noRoomServer: 'The room server cannot be reached. Check your network, then try again.',
  },

  stars: {
    question: 'How was the call?',
    name: (stars: number) => (stars === 1 ? '1 star of 5' : `${stars} stars of 5`),
    thanks: 'Thank you.',
  },

  call: {
    name: 'Call',
    states: {
      connecting: 'Connecting',
      listening: 'Listening',
      thinking: 'Thinking',
      speaking: 'Speaking',
      trouble: 'In trouble',
      busy: 'All lines are busy',
      reconnecting: 'Reconnecting…',
    },
    /** Without a voice nobody listens or speaks. */
    written: { listening: 'Ready for your message', speaking: 'Writing' } as Record<string, string>,
    trouble: 'Something on our side has failed. What was confirmed is saved.',
    nobodyYet: 'Nobody has answered yet.',
    nobodyYetText: 'The assistant should be here within ten seconds. You can wait, or try again.',
    endIt: 'End the call',
    silentPage: 'Your browser keeps this page silent.',
    silentPageText: 'Until you tap, what the assistant says is only written below.',
    tapToHear: 'Tap to hear',
    noVoice: 'Voice is unavailable right now; please type.',
    noVoiceText: 'The answers are written below, and your microphone is off until the voice is back.',
  },

  lost: {
    trying: 'Your connection dropped. Stay here: this page keeps trying, and the call waits for you for',
    /** Shown as a clock; read out as what it began with. */
    left: (clock: string) => `another ${clock}`,
    leftSpoken: 'two minutes',
    saved: 'What was confirmed is saved.',
    write: 'Write what you want to say: it is sent the moment the line is back.',
  },

  served: {
    why: 'Why?',
    premium: 'Premium voice',
    standard: 'Standard voice',
    text: 'Text only',
    historyName: 'What has served this call',
    switched: (name: string, reason: string) => `Switched to ${name.toLowerCase()}: ${reason}`,
    switchedWithin: (name: string, reason: string) => `Switched to another ${name.toLowerCase()}: ${reason}`,
    voiceIsBack: 'Voice is back.',
    cost: (money: string) => `This call so far: ${money}`,
    running: 'This call so far',
  },

  budget: {
    today: (spent: string, cap: string) => `Today your calls have cost ${spent} of ${cap}.`,
    month: (spent: string, cap: string) => `This month: ${spent} of ${cap}`,
    meter: 'Of today’s budget',
    sandbox: '(sandbox)',
  },

  transcript: {
    region: 'Conversation',
    log: 'What was said',
    empty: 'What you and the assistant say appears here.',
    who: { you: 'You', assistant: 'Assistant', note: 'Confirmation' },
    waiting: 'waits for the line',
  },

  composer: {
    label: 'Type a message',
    only: 'Type here',
    also: 'Or type here',
    early: 'Type here; it can be sent once the assistant is there',
    lost: 'Type here; it is sent when the line is back',
    send: 'Send',
    failed: 'That was not sent. Try again.',
  },

  confirm: {
    orByVoice: 'Or answer by voice.',
    yes: 'Yes',
    no: 'No',
    yesDelete: 'Yes, delete',
    noDelete: 'No, keep',
    yesAdd: 'Yes, add it',
    yesComplete: 'Yes, it’s done',
    noComplete: 'No, not yet',
    notArrived: 'That answer did not arrive. Try again, or say it.',
    by: { voice: ' by voice', text: ' in writing', key: ' by key', click: ' by click' },
    confirmed: (question: string, by: string) => `${question} You said yes${by}.`,
    declined: (question: string, by: string) => `${question} You said no${by}. Nothing was changed.`,
    expired: (question: string) => `${question} No answer came. Nothing was changed.`,
    void: (question: string) => `${question} You went on with something else. Nothing was changed.`,
    unanswered: (question: string) => `No answer: ${question} Nothing was changed.`,
  },

  microphone: {
    mute: 'Mute',
    unmute: 'Unmute',
    use: 'Use microphone',
    off: 'Microphone is off',
    level: 'Microphone level',
    device: 'Microphone device',
    unnamed: 'Microphone',
    hold: 'Hold to talk',
    talking: 'Talking: let go to send',
    end: 'End',
    meanwhile: 'Until then you hear the assistant and can type below.',
    help: {
      denied: {
        title: 'This page may not use your microphone.',
        text: (how: string) => `${how} It is used at once, without a reload.`,
      },
      dismissed: {
        title: 'The microphone was not allowed yet.',
        text: 'Press «Use microphone» and choose Allow when the browser asks.',
      },
      blocked: { title: 'Your computer does not let this browser use a microphone.' },
      missing: {
        title: 'No microphone was found.',
        text: 'Plug one in or connect a headset; it is used as soon as it is there.',
      },
      taken: {
        title: 'Another program is using your microphone.',
        text: 'Close other calls and recorders, then press «Use microphone».',
      },
      silenced: {
        title: 'Your microphone is muted outside this page.',
        text: 'Look for a switch on the headset or keyboard, or for the mute in your system’s sound settings; it goes on by itself.',
      },
      unsupported: {
        title: 'This address cannot use a microphone.',
        text: 'Browsers allow it for https addresses only; ask whoever runs this page for one.',
      },
    },
    allow: {
      firefox: 'Click the crossed-out microphone in the address bar and remove the block, then press «Use microphone».',
      ios: 'Tap the page icon in the address bar, then Website Settings, and allow the microphone.',
      safari: 'Open Safari, Settings for This Website, and set Microphone to Allow.',
      others: 'Click the icon at the left of the address bar and set Microphone to Allow.',
    },
    unblock: {
      mac: 'Open System Settings, Privacy & Security, Microphone, and allow this browser; then press «Use microphone».',
      windows: 'Open Settings, Privacy & security, Microphone, and allow desktop apps; then press «Use microphone».',
      others: 'Allow it in the system’s privacy settings, then press «Use microphone».',
    },
  },

  tools: {
    name: 'More ways to talk',
    hold: 'Push to talk',
    holdHint: 'Hold the button or the space bar while you talk.',
    keys: 'Keys',
    captions: 'Large captions',
  },

  keys: {
    name: 'Keys',
    /** What a key says; the others are for numbers that are asked for. */
    meaning: { '1': 'Yes', '2': 'No', '0': 'Help', '*': 'Repeat', '#': 'Enter' } as Record<string, string>,
    spoken: { '*': 'Star', '#': 'Hash' } as Record<string, string>,
    failed: 'That key was not sent. Try again.',
  },

  recording: {
    on: 'Transcript on',
    off: 'No transcript',
    keep: 'Keep one',
    stop: 'Stop and delete',
    ask: (days: number) =>
      `May we keep a transcript of your calls for ${days} days? Sound is never kept.`,
    yes: 'Yes, keep it',
    no: 'No',
  },

  consent: {
    keep: (days: number) => `Keep a written transcript of my calls in the browser for ${days} days`,
    hint:
      'Sound is never kept. Switching it off deletes what was kept of calls in the browser; calls by phone have an ' +
      'answer of their own.',
    unknown: (why: string) => `We could not find out whether transcripts of your calls are kept. ${why}`,
  },

  tasks: {
    title: 'Tasks',
    nothing: 'Nothing to do. Say «Add a task to review the proposal by Friday».',
    groups: { overdue: 'Overdue', today: 'Today', week: 'This week', later: 'Later', none: 'No date' },
    done: 'Done',
    list: (name: string) => `List: ${name}`,
    tag: (name: string) => `#${name}`,
    high: 'High priority',
    low: 'Low priority',
    undo: {
      create: (title: string) => `Undo adding “${title}”`,
      update: (title: string) => `Undo changing “${title}”`,
      complete: (title: string) => `Undo finishing “${title}”`,
      delete: (title: string) => `Bring back “${title}”`,
    },
    undone: (title: string) => `Undone: “${title}”.`,
  },

  calls: {
    title: 'Your calls',
    none: 'You have not called yet. What a call cost and what was kept of it will be listed here.',
    more: 'Show older calls',
    browser: 'In the browser',
    phone: 'By phone',
    lasted: (minutes: number, seconds: number) => (minutes > 0 ? `${minutes} min ${seconds} s` : `${seconds} s`),
    then: ', then ',
    consented: 'You had agreed to a transcript.',
    declined: 'You did not want a transcript.',
    unasked: 'You had not agreed to a transcript.',
    nothingKept: 'Nothing is kept of it.',
    kept: (lines: number) => (lines === 1 ? '1 line is kept.' : `${lines} lines are kept.`),
    show: 'Show the transcript',
    rate: 'Your stars for this call',
  },

  pin: {
    title: 'PIN for the telephone',
    have: 'You have one.',
    haveNone: 'You have none yet.',
    what: 'Six to twelve digits, keyed when you call. Never say it aloud.',
    take: 'Remove',
    link:
      'To link a telephone, call from it and key in a code from here instead of the PIN. It works once, for ten ' +
      'minutes.',
    show: 'Show a code',
    showAnother: 'Show another code',
    keyIn: 'Call and key in',
  },

  reminders: {
    callMe: 'Call me about tasks when I ask for that',
    how:
      'An automatic voice calls your linked telephone, never at night. It tells nothing before your PIN is keyed. Say ' +
      '«stop calling me» or press 9 to end it.',
  },

  account: {
    title: 'Your account',
    name: 'Account',
    email: 'Email',
    plan: 'Plan',
    plans: { premium: 'Premium', economy: 'Economy' },
    signIn: 'You sign in with',
    password: 'a password',
    or: ' or ',
    settings: 'Settings',
    transcripts: 'Transcripts',
    everything: 'Everything we keep of you',
    everythingText:
      'One file with your account, tasks, transcripts and what your calls cost, for you or another program.',
    download: 'Download my data',
    zone: 'Time zone',
    zoneHint: 'Decides what «tomorrow at five» means.',
    zoneHere: (zone: string) => `Use this device’s zone, ${zone}`,
    phone: 'Phone number',
    phoneUnverified: 'Not verified yet: a number is no proof of who calls.',
    phoneHint: 'With its country code, such as +49 30 901820. Leave it empty to have none.',
    erase: 'Erase my account',
    eraseText:
      'Deletes your account, tasks, transcripts and phone number, and ends your calls. What calls cost stays in the ' +
      'books without your name. It cannot be undone.',
    eraseAsk: 'Erase my account…',
    eraseType: (email: string) => `To erase everything, type ${email}`,
    eraseKeep: 'Keep my account',
    eraseDo: 'Erase everything',
    erasing: 'Erasing…',
    erased: 'Your account and everything in it are erased.',
    erasedMostly: 'Your account is erased. A part of what was kept could not be reached and follows by itself.',
  },

  faults: {
    title: 'Sandbox',
    lead: 'The vendors here are stand-ins on this machine. Break one during a call, and the call goes on without it.',
    works: 'works',
    broken: 'broken',
    break: 'Break',
    silence: 'Make silent',
    heal: 'Heal',
    services: {
      'openai-realtime': 'OpenAI, speech to speech',
      'openai-chat': 'OpenAI, the cascade’s mind',
      'deepgram-stt': 'Deepgram, hearing',
      cartesia: 'Cartesia, the voice',
      'deepgram-tts': 'Deepgram, the second voice',
    },
  },
}

export type Words = typeof en
