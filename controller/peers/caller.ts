/**
 * Who sent a request: a program on this host, proven by the permissions of the ipc socket, or a member of the
 * cluster whose session was proven on the connection the request came by. There is no third: what is neither is not
 * handed on.
 */
export type Caller = {readonly kind: 'local'} | {readonly kind: 'member'; readonly nodeId: string};
