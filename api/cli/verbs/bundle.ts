import {Command} from 'commander';
import {withExamples} from '../client-verb.js';
import type {CliContext} from '../verb.js';
import {applyVerb} from './bundle-apply.js';
import {createVerb} from './bundle-create.js';
import {distrustVerb, keyVerb, keysVerb, trustVerb} from './bundle-keys.js';
import {showVerb, verifyVerb} from './bundle-show.js';

/** `motey bundle create|apply|show|verify|key|keys|trust|distrust`. */
export function build(context: CliContext): Command {
	return withExamples(new Command('bundle').description('Carry services with their images in one signed file.'), ['motey bundle create shop.tar -f shop.yaml', 'motey bundle show shop.tar', 'motey bundle apply shop.tar --wait'])
		.addCommand(createVerb(context)).addCommand(applyVerb(context)).addCommand(showVerb(context)).addCommand(verifyVerb(context))
		.addCommand(keyVerb(context)).addCommand(keysVerb(context)).addCommand(trustVerb(context)).addCommand(distrustVerb(context));
}
