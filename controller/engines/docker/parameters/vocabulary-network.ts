import {z} from 'zod';
import {accept, alias, refuse, type Keyword} from './keyword.js';
import {Expose, placePorts, Ports} from './ports.js';
import {ExtraHosts, Strings} from './values.js';

const Endpoint = z.strictObject({
	aliases: z.array(z.string()).optional(),
	ipv4_address: z.string().optional(),
	ipv6_address: z.string().optional(),
	driver_opts: z.record(z.string(), z.string()).optional(),
}).nullable().transform(value => ({
	...(value?.aliases === undefined ? {} : {Aliases: value.aliases}),
	...(value?.ipv4_address === undefined && value?.ipv6_address === undefined ? {} : {IPAMConfig: {...(value.ipv4_address === undefined ? {} : {IPv4Address: value.ipv4_address}), ...(value.ipv6_address === undefined ? {} : {IPv6Address: value.ipv6_address})}}),
	...(value?.driver_opts === undefined ? {} : {DriverOpts: value.driver_opts}),
}));

// Docker takes one network at a container's creation; the others would have to be joined before its start.
const one = 'exactly one network; Docker joins one when it creates a container';
const Networks = z.union([
	z.array(z.string()).length(1, one).transform(names => Object.fromEntries(names.map(name => [name, {}]))),
	z.record(z.string(), Endpoint).refine(map => Object.keys(map).length === 1, one),
], {error: 'must be a list or map of one network'});

const Links = z.union([z.array(z.string()), z.record(z.string(), z.string()).transform(map => Object.entries(map).map(([name, other]) => `${name}:${other}`))]);

/** How the container is reached, and what it reaches. */
export const networkVocabulary: Readonly<Record<string, Keyword>> = {
	ports: accept({type: 'map {80/tcp: 8080}, or list of "8080:80"', becomes: 'ExposedPorts, HostConfig.PortBindings', note: 'a host port may be a range (the first free one is taken), null or empty (any free one), or carry an address (127.0.0.1:8080)', schema: Ports, place: placePorts}),
	expose: accept({type: 'list of ports', becomes: 'ExposedPorts', note: 'containers of one namespace reach each other on every port anyway', schema: Expose, place: value => ({ExposedPorts: Object.fromEntries(value.map(port => [port, {}]))})}),
	publish_all_ports: accept({type: 'boolean', becomes: 'HostConfig.PublishAllPorts', schema: z.boolean(), place: value => ({HostConfig: {PublishAllPorts: value}})}),
	network_mode: accept({type: 'string', becomes: 'HostConfig.NetworkMode', standard: 'the namespace\'s own bridge, motey_<namespace>', note: 'none, bridge, or the name of a network of the engine\'s', restricted: 'host only if policy.allowHostNetwork is true; container:… only if policy.allowHostNamespaces names network', schema: z.string().min(1), place: value => ({HostConfig: {NetworkMode: value}})}),
	network: alias('network_mode'),
	networks: accept({type: 'list or map of one network', becomes: 'HostConfig.NetworkMode, NetworkingConfig', schema: Networks, place: value => {
		const name = Object.keys(value)[0] ?? '';
		return {HostConfig: {NetworkMode: name}, NetworkingConfig: {EndpointsConfig: value}};
	}}),
	networking_config: refuse('it is docker-py\'s form of an object of its Python library', 'write networks'),
	network_disabled: accept({type: 'boolean', becomes: 'NetworkDisabled', schema: z.boolean(), place: value => ({NetworkDisabled: value})}),
	mac_address: accept({type: 'string', becomes: 'MacAddress', schema: z.string().regex(/^(?:[\da-f]{2}:){5}[\da-f]{2}$/iu, 'must be six pairs of hexadecimal digits'), place: value => ({MacAddress: value})}),
	dns: accept({type: 'string or list', becomes: 'HostConfig.Dns', schema: Strings, place: value => ({HostConfig: {Dns: value}})}),
	dns_opt: accept({type: 'list of strings', becomes: 'HostConfig.DnsOptions', standard: 'ndots:1, which makes dns_search work', schema: Strings, place: value => ({HostConfig: {DnsOptions: value}})}),
	dns_search: accept({type: 'string or list', becomes: 'HostConfig.DnsSearch', standard: 'the service\'s name, so that an image of the same service is found by its own', schema: Strings, place: value => ({HostConfig: {DnsSearch: value}})}),
	extra_hosts: accept({type: 'map, or list of HOST:ADDRESS', becomes: 'HostConfig.ExtraHosts', schema: ExtraHosts, place: value => ({HostConfig: {ExtraHosts: value}})}),
	links: accept({type: 'map, or list of NAME:ALIAS', becomes: 'HostConfig.Links', restricted: 'never on Docker\'s default bridge, where a link shows the other container\'s environment', schema: Links, place: value => ({HostConfig: {Links: value}})}),
	external_links: alias('links'),
};
