/** What the engine's own name of every named volume of a Service begins with, so that two Services may both have a `data`. */
export const volumePrefix = ({namespace, service}: {readonly namespace: string; readonly service: string}): string => `motey_${namespace}_${service}_`;
