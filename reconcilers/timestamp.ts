/** RFC 3339 in UTC without fraction, as Kubernetes writes `metav1.Time`. */
export const timestamp = (date: Date): string => date.toISOString().replace(/\.\d+Z$/u, 'Z');
