import {refuse, type Keyword} from './keyword.js';

const motey = 'it belongs to Motey, which does it for every engine alike';
const stream = ['it is an option of docker-py\'s call, not of the container', 'leave it out; motey logs shows the output'] as const;

/** What docker-py or Compose has and Motey does itself, or does not have. */
export const refusedVocabulary: Readonly<Record<string, Keyword>> = {
	image: refuse(motey, 'write image beside parameters'),
	name: refuse('the name of the container is the lock of its slot', 'leave it out; motey get instances shows which container is whose'),
	container_name: refuse('the name of the container is the lock of its slot', 'leave it out; motey get instances shows which container is whose'),
	restart: refuse('Motey itself restarts, with a back-off, also what was stopped by hand; a second restarter would fight it', 'write restartPolicy: Always, OnFailure or Never beside parameters'),
	restart_policy: refuse('Motey itself restarts, with a back-off, also what was stopped by hand; a second restarter would fight it', 'write restartPolicy: Always, OnFailure or Never beside parameters'),
	auto_remove: refuse('Motey removes a container when its slot is given up, and needs it until then', 'leave it out'),
	remove: refuse('Motey removes a container when its slot is given up, and needs it until then', 'leave it out'),
	detach: refuse('a service always runs detached', 'leave it out'),
	stop_timeout: refuse(motey, 'write stopGraceSeconds beside parameters'),
	stop_grace_period: refuse(motey, 'write stopGraceSeconds beside parameters'),
	pull_policy: refuse(motey, 'write pullPolicy beside parameters'),
	scale: refuse(motey, 'write replicas beside parameters'),
	deploy: refuse(motey, 'write replicas and resources beside parameters'),
	depends_on: refuse('every image of a service starts at once, and a node may restart any of them at any time', 'let the program retry, which it must in any case'),
	env_file: refuse('a service has no directory of its own on the node', 'write environment'),
	build: refuse('Motey runs images and builds none', 'build and push the image, and write image beside parameters'),
	extends: refuse('it refers to another file', 'write the whole of it'),
	profiles: refuse('Motey has no profiles', 'write a Service for each'),
	attach: refuse(...stream),
	stdout: refuse(...stream),
	stderr: refuse(...stream),
	stream: refuse(...stream),
	platform: refuse('the image must fit the node', 'choose the node with node or capabilities beside parameters'),
	init_path: refuse('Docker no longer has it', 'write init: true'),
	lxc_conf: refuse('Docker no longer has it', 'leave it out'),
	use_config_proxy: refuse('it is an option of docker-py, not of the container', 'write the proxy\'s variables in environment'),
	version: refuse('it is an option of docker-py, not of the container', 'leave it out'),
};
