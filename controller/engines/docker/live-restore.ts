import {z} from 'zod';

const Off = z.object({LiveRestoreEnabled: z.literal(false)});
/** Podman has no daemon that containers could end with, though it says so in Docker's words. */
const Podman = z.object({Components: z.array(z.object({Name: z.string()})).refine(parts => parts.some(({Name}) => Name.startsWith('Podman')))});

/**
 * What to tell an operator whose Docker ends all containers whenever it restarts, by what it answers on `/version` and `/info`; empty when
 * it does not, or does not say. @see https://docs.docker.com/engine/daemon/live-restore/
 */
export function liveRestoreAdvice(version: unknown, info: unknown): string {
	if (!Off.safeParse(info).success || Podman.safeParse(version).success) return '';
	return 'live-restore is off, so its containers end whenever dockerd restarts: put "live-restore": true into /etc/docker/daemon.json and reload dockerd';
}
