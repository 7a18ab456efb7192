/** Node and Docker call processors by other names. */
const dockerArchitectures: Readonly<Record<string, string>> = {x64: 'amd64', ia32: '386'};

/** What a host runs, as Docker says it (`linux/amd64`), of its processor as Node says it (`x64`). */
export const dockerPlatform = (architecture: string): string => `linux/${dockerArchitectures[architecture] ?? architecture}`;
