/** Whether `path` is what an administrator wrote: word for word, where `*` stands for any part of one name, as in `/dev/ttyUSB*`. */
export function isMatchedBy(pattern: string, path: string): boolean {
	const parts = pattern.split('*').map(part => part.replaceAll(/[.+?^${}()|[\]\\]/gu, String.raw`\$&`));
	return new RegExp(`^${parts.join('[^/]*')}$`, 'u').test(path);
}
