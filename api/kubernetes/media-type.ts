/** One part of an `Accept` header, or a `Content-Type`: the type in lower case, and its parameters as a set. */
export interface MediaType {
	readonly type: string;
	readonly parameters: Readonly<Record<string, string>>;
}

/** Takes a media type apart. Never fails: what cannot be read is simply no type anybody asks for. */
export function parseMediaType(text: string): MediaType {
	const [type = '', ...rest] = text.split(';');
	const parameters = rest.map(parameter => parameter.split('=')).map(([name = '', value = '']) => [name.trim().toLowerCase(), value.trim().replace(/^"|"$/gu, '')] as const);
	return {type: type.trim().toLowerCase(), parameters: Object.fromEntries(parameters)};
}

/** The parts of an `Accept` header in the order the client prefers them, by `q`, then as written. */
export function parseAccept(header: string | undefined): readonly MediaType[] {
	return (header ?? '').split(',').map(parseMediaType).filter(({type}) => type !== '')
		.map((media, index) => ({media, index, quality: qualityOf(media)}))
		.filter(({quality}) => quality > 0)
		.sort((a, b) => b.quality - a.quality || a.index - b.index)
		.map(({media}) => media);
}

function qualityOf({parameters}: MediaType): number {
	const quality = Number(parameters['q'] ?? '1');
	return Number.isNaN(quality) ? 1 : quality;
}
