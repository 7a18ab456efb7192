import {setFlagsFromString} from 'node:v8';

/**
 * Keeps the space for young objects at its first size until `releaseYoungSpace`. While packages load nearly everything survives, which V8
 * takes for a need of its greatest young space: 32 MB that a quiet node never uses again. The flag is read whenever the space could grow,
 * so it may change while the process runs.
 */
export function holdYoungSpace(): void {
	setFlagsFromString('--semi-space-growth-factor=1');
}

/** Lets it grow with the load, as ever: V8's own factor. */
export function releaseYoungSpace(): void {
	setFlagsFromString('--semi-space-growth-factor=2');
}
