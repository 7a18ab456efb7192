import {defineConfig} from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
	{ignores: ['dist/**', 'node_modules/**', 'coverage/**', 'docs/**/*.js']},
	...tseslint.configs.strictTypeChecked,
	...tseslint.configs.stylisticTypeChecked,
	{
		languageOptions: {parserOptions: {projectService: {allowDefaultProject: ['*.js']}, tsconfigRootDir: import.meta.dirname}},
		rules: {
			'@typescript-eslint/consistent-type-assertions': ['error', {assertionStyle: 'never'}],
			'@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
			'@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true, allowBoolean: true}],
			'@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
			'@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
			// Leaving a field out by destructuring has to name it.
			'@typescript-eslint/no-unused-vars': ['error', {ignoreRestSiblings: true}],
			'max-params': ['error', 4],
			'max-lines': ['error', 300],
			eqeqeq: 'error',
		},
	},
	{
		// Tests assert the state of the world; the shapes they read are checked by the assertions themselves.
		files: ['test/**/*.ts'],
		rules: {
			'@typescript-eslint/no-non-null-assertion': 'off',
			'@typescript-eslint/consistent-type-assertions': 'off',
			'@typescript-eslint/no-unsafe-assignment': 'off',
			'@typescript-eslint/no-unsafe-member-access': 'off',
			'@typescript-eslint/no-unsafe-argument': 'off',
			'@typescript-eslint/no-unsafe-call': 'off',
			'@typescript-eslint/no-unsafe-return': 'off',
		},
	},
);
