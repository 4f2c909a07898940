/** What page, preload and main process call the asking for a port and the answer; the page has the same two in `client/electron.ts`. */
export const portWanted = 'kagami-port-wanted'
export const portGiven = 'kagami-port'
