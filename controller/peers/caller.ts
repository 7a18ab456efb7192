/**
 * Who sent a request: a program on this host, proven by the permissions of the ipc socket; a member of the cluster whose session was proven on
 * the connection the request came by; or a program on that member's host, which the member passes on and which may no more than one of this
 * host. There is no other: what is none of these is not handed on.
 */
export type Caller = {readonly kind: 'local'} | {readonly kind: 'member'; readonly nodeId: string} | {readonly kind: 'program'; readonly nodeId: string};
