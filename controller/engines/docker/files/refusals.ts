import {posix} from 'node:path';
import {fileDefaults, type MountedFile} from '../../../../store/resources/files.js';
import type {Refusal} from '../../../../store/resources/refusal.js';
import type {ContainerBody} from '../container-body.js';
import {isLinked, linkedAt} from './layout.js';

/** What Docker mounts into every container by itself. */
const dockersOwn: ReadonlySet<string> = new Set(['/etc/hosts', '/etc/hostname', '/etc/resolv.conf']);
const notForFiles = ['/proc', '/sys', '/dev', linkedAt];

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);

/** What makes files impossible in a container of this body. */
export function fileRefusals(files: readonly MountedFile[], body: ContainerBody): readonly Refusal[] {
	const targets = targetsOf(body);
	return files.flatMap((file, index): readonly Refusal[] => {
		const refuse = (field: 'path' | 'onChange', message: string, fix: string): readonly Refusal[] => [{kind: 'invalid', field: `files[${index}].${field}`, rule: 'FieldValueInvalid', message, fix}];
		const {path} = file;
		const special = notForFiles.find(directory => isWithin(path, directory));
		if (special !== undefined) return refuse('path', `nothing can be put below ${special}`, 'choose another path');
		const inside = targets.find(target => isWithin(target, path));
		if (inside !== undefined) return refuse('path', `${inside} is mounted there already`, 'choose another path, or leave the mount out');
		if (!isLinked(file)) return [];
		const onlyAnew = `is seen to change only after a restart: it ${whyOnlyAnew(path, {targets, body}) ?? ''}`;
		return whyOnlyAnew(path, {targets, body}) === undefined ? [] : refuse('onChange', onlyAnew, `write onChange: ${fileDefaults.onChange}`);
	});
}

/** Why no link to the file can be put there. */
function whyOnlyAnew(path: string, {targets, body}: {readonly targets: readonly string[]; readonly body: ContainerBody}): string | undefined {
	if (body.HostConfig?.ReadonlyRootfs === true) return 'lies in a root that is read-only, into which no link can be put';
	if (dockersOwn.has(path)) return 'has the place of a file that Docker mounts by itself';
	const around = targets.find(target => isWithin(path, target));
	return around === undefined ? undefined : `lies in what is mounted at ${around}, into which no link can be put`;
}

function targetsOf({HostConfig: host = {}, Volumes: anonymous = {}}: ContainerBody): readonly string[] {
	return [
		...(host.Binds ?? []).map(bind => bind.split(':')[1] ?? ''),
		...(host.Mounts ?? []).map(mount => mount.Target),
		...Object.keys(host.Tmpfs ?? {}),
		...Object.keys(anonymous),
	].filter(target => target !== '').map(target => (target === '/' ? target : posix.normalize(target).replace(/\/$/u, '')));
}
