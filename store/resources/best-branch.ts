import type {z} from 'zod';

type Issue = z.core.$ZodIssue;

/** Of the branches of a union, the issues of the one the writer most likely meant: right in type and tag first, then the one with least to mend. */
export function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
	return branches.reduce<readonly Issue[] | undefined>((best, branch) => (best === undefined || cost(branch) < cost(best) ? branch : best), undefined) ?? [];
}

function cost(branch: readonly Issue[]): number {
	return branch.reduce((sum, issue) => sum + costOf(issue), 0);
}

function costOf(issue: Issue): number {
	if (issue.code === 'invalid_type' && issue.path.length === 0) return 1000;
	if (issue.code === 'invalid_value' && issue.path.length <= 1) return 100;
	if (issue.code === 'unrecognized_keys') return issue.keys.length * 2;
	return 3;
}
