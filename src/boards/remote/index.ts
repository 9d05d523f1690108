export type { RemoteBoard, RemoteBoardOptions } from './remote-board.ts';
export { openRemoteBoard } from './remote-board.ts';
