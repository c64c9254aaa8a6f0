import { useMediaDeviceSelect } from '@livekit/components-react'
import type { Room } from 'livekit-client'

import { words } from '../words'
import type { Microphone } from './useMicrophone'

interface Props {
  room: Room
  microphone: Microphone
}

/** Which of the microphones there are is used. */
export function Devices({ room, microphone }: Props) {
  const { devices, activeDeviceId, setActiveMediaDevice } = useMediaDeviceSelect({
    kind: 'audioinput',
    room,
    requestPermissions: false, // it is shown once there is one
  })
  if (devices.length === 0) return null
  return (
    <select
      aria-label={words.microphone.device}
      value={activeDeviceId}
      onChange={({ target: { value } }) => void microphone.choose(value, activeDeviceId, setActiveMediaDevice)}
    >
      {devices.map((device) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label || words.microphone.unnamed}
        </option>
      ))}
    </select>
  )
}
