import {BehaviorSubject, combineLatest, map, type Observable} from 'rxjs';
import {ClusterError, type Cluster, type JoinAnswer, type JoinRequest} from '../../api/ports/cluster.js';
import {timestamp} from '../../reconcilers/timestamp.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {Member, MemberRecord, PeerAddress} from '../../store/resources/member.js';
import type {Store} from '../../store/store.js';
import {createClusterKey, readClusterFile, removeClusterFile, writeClusterFile, type ClusterFile} from './cluster-files.js';
import {createTurn} from '../in-turn.js';
import {checkProof, signProof} from './join-proof.js';
import {certificateSha256, readJoinText, writeJoinText, type JoinText} from './join-text.js';
import {isKeyChangeOf, proposeKeyChange, type KeyChange} from './key-change.js';
import {requestJoin} from './request-join.js';
import {JoinTokens} from './join-tokens.js';
import {isGenuine, outranks, signMember} from './member-record.js';
import {enterMembers, mergeMembers, presentMembers, putMember} from './members.js';
import {publicKeyOf} from './signature.js';

/** What membership stands on. */
export interface MembershipOptions {
	readonly store: Store;
	readonly dataDir: string;
	readonly node: {readonly id: string; readonly name: string};
	/** Identity key, PEM, and the public half of the CURVE key, Z85. */
	readonly keys: {readonly privateKey: string; readonly curveKey: string};
	/** Of this run of the agent: ends every token it issued. */
	readonly session: string;
	/** Where peers reach this node, given its advertised host. */
	readonly addressOf: (advertise: string) => PeerAddress;
	/** Opens what peers reach at the advertised host; whatever was open before is closed. */
	readonly listen: (advertise: string) => Promise<void>;
	readonly unlisten: () => Promise<void>;
	/** Where this node's MQTT broker will listen if it begins a cluster. */
	readonly brokerPort: number;
	/** Whether this host has an address now. */
	readonly isOwnAddress: (address: string) => boolean;
	/** The address from which `towards` is reached, a URL or a host, else the first that others could reach; undefined when there is none. */
	readonly ownAddress: (towards?: string) => Promise<string | undefined> | string | undefined;
	/** The authority of this node, which becomes the cluster's or is replaced by it. */
	readonly authority: {read(): Promise<JoinAnswer['authority']>; replace(pair: JoinAnswer['authority']): Promise<void>};
	readonly now: () => Date;
	readonly log: Log;
}

/** This node's part in a cluster, over any number of beginnings and ends. */
export class Membership implements Omit<Cluster, 'forget' | 'rotateKey' | 'authority' | 'server'> {
	readonly #options: MembershipOptions;
	readonly #tokens: JoinTokens;
	readonly #file: BehaviorSubject<ClusterFile | undefined>;
	/** Where peers reach this node now. */
	readonly #listening = new BehaviorSubject<string | undefined>(undefined);
	/** What decides by the membership as it is waits for what changes it. */
	readonly #inTurn = createTurn();

	/** Reads what this node is a member of. Throws `ConfigError` when that cannot be read. */
	static async open(options: MembershipOptions): Promise<Membership> {
		return new Membership(options, await readClusterFile(options.dataDir));
	}

	/**
	 * Takes up the membership that was read, and an address that has changed: listens there, and says what is new about this node.
	 * Throws when it cannot listen, as before the network is up; so it is to be called now and then.
	 */
	async resume(): Promise<void> {
		if (!this.file) return;
		const {advertise, found} = this.file;
		const {isOwnAddress, ownAddress, node, store} = this.#options;
		const neighbour = presentMembers(store).find(({spec}) => spec.id !== node.id)?.status?.addresses[0]?.host;
		const address = found === true && !isOwnAddress(advertise) ? await ownAddress(neighbour) ?? advertise : advertise;
		if (address === this.#listening.value) return;
		await this.#listenOn(address);
		await this.#renewOwnRecord();
	}

	private constructor(options: MembershipOptions, file: ClusterFile | undefined) {
		this.#options = options;
		this.#tokens = new JoinTokens(options);
		this.#file = new BehaviorSubject(file);
	}

	/**
	 * The present membership with the address at which this node is reached now, then anew whenever either changes or it listens again; undefined
	 * while in no cluster.
	 */
	get changes(): Observable<ClusterFile | undefined> {
		return combineLatest([this.#file, this.#listening]).pipe(map(([file, listening]) => file && {...file, advertise: listening ?? file.advertise}));
	}

	get file(): ClusterFile | undefined {
		return this.#file.value;
	}

	advertised(): string | undefined {
		return this.file && (this.#listening.value ?? this.file.advertise);
	}

	members(): ReturnType<Cluster['members']> {
		return this.#options.store.list('Member').items.map(({spec, status}) => ({
			id: spec.id, name: spec.name, self: spec.id === this.#options.node.id, forgotten: spec.forgotten, since: spec.since,
			addresses: (status?.addresses ?? []).map(({host, port}) => `${host.includes(':') ? `[${host}]` : host}:${port}`),
		}));
	}

	async init({advertise: said}: {readonly advertise?: string}): Promise<void> {
		const advertise = said ?? this.file?.advertise ?? await this.#options.ownAddress();
		if (advertise === undefined) throw new ClusterError('Invalid', 'this host has no address that others could reach', {fix: 'Say under which address they do: --advertise ADDRESS.'});
		const {node, brokerPort} = this.#options;
		await this.#inTurn(async () => {
			const known = this.file ?? {clusterKey: createClusterKey(), broker: {id: node.id, port: brokerPort}};
			await this.#listenOn(advertise);
			await this.#enter({...known, advertise, found: said === undefined && (this.file?.found ?? true)}, []);
		});
	}

	async issueToken(options: {readonly ttlSeconds: number}): Promise<{readonly text: string; readonly expiresAt: string}> {
		this.#required();
		const {id, secret, expiresAt} = await this.#tokens.issue(options);
		const authoritySha256 = certificateSha256((await this.#options.authority.read()).certificate) ?? '';
		return {text: writeJoinText({authoritySha256, id, secret}), expiresAt};
	}

	tokens(): ReturnType<Cluster['tokens']> {
		return this.#tokens.list();
	}

	async revokeToken(id: string): Promise<void> {
		await this.#tokens.revoke(id);
	}

	async admit(request: JoinRequest): Promise<JoinAnswer> {
		const {authority, log} = this.#options;
		const pair = await authority.read();
		checkProof(request, certificateSha256(pair.certificate) ?? '');
		return this.#inTurn(async () => {
			const {clusterKey, broker} = this.#required();
			await this.#takeIn(request, clusterKey);
			log.info('a node has joined', {id: request.id, name: request.name});
			const members = this.#options.store.list('Member').items.map(({spec, status}) => ({record: spec, addresses: status?.addresses ?? []}));
			return {clusterKey, authority: pair, members, ...(broker === undefined ? {} : {broker})};
		});
	}

	/** Uses the token up and stores the record, or neither. In its turn: that a name is taken is seen only once who took it is on disk. */
	async #takeIn({id, name, identityKey, curveKey, address, token}: JoinRequest, clusterKey: string): Promise<void> {
		const {store, node, now} = this.#options;
		await store.transact(transaction => {
			const isRepeated = this.#tokens.consume(transaction, {...token, identityKey});
			const known = transaction.get('Member', {namespace: '', name: id})?.spec;
			if (isRepeated && known?.forgotten !== false) {
				throw new ClusterError('Forbidden', 'this join token is used up, and the node that it took in was forgotten since', {fix: 'Make a new one with `motey cluster token`.'});
			}
			const namesake = presentMembers(store).find(({spec}) => spec.name === name && spec.id !== id);
			if (namesake) throw new ClusterError('Conflict', `a member is called ${name} already: ${namesake.spec.id}`, {fix: 'Start the new node under another name: motey start --name NAME.'});
			if (known && !known.forgotten && known.curveKey === curveKey && known.name === name) return;
			const statement = {id, name, identityKey, curveKey, forgotten: false, since: timestamp(now()), by: node.id, incarnation: (known?.incarnation ?? 0) + 1};
			putMember(transaction, signMember(statement, clusterKey), [address]);
		});
	}

	async join({server, token, advertise: said}: {readonly server: string; readonly token: string; readonly advertise?: string}): Promise<void> {
		const {node, store} = this.#options;
		const advertise = said ?? await this.#options.ownAddress(server);
		const text = readJoinText(token);
		if (!text) throw new ClusterError('Invalid', 'this is no join token', {fix: 'It begins with M1; `motey cluster token` on a member prints one.'});
		const others = presentMembers(store).filter(({spec}) => spec.id !== node.id);
		// Joining the own cluster again brings the key that it was given while this node was away.
		const isOwnCluster = certificateSha256((await this.#options.authority.read()).certificate) === text.authoritySha256;
		if (others.length > 0 && !isOwnCluster) throw new ClusterError('Conflict', `this node is in a cluster already, with ${others.map(({spec}) => spec.name).join(', ')}`, {fix: `Run \`motey node forget ${node.name}\` there first.`});
		if (advertise === undefined) throw new ClusterError('Invalid', 'this host has no address that others could reach', {fix: 'Say under which address they do: --advertise ADDRESS.'});
		// Before anybody is told the port, it has to be known; until a member's key is, nobody is let in.
		await this.#listenOn(advertise);
		try {
			await this.#joinAt({server, text, advertise, found: said === undefined});
		} catch (error) {
			if (!this.file) await this.#unlisten();
			throw error;
		}
	}

	async #joinAt({server, text, advertise, found}: {readonly server: string; readonly text: JoinText; readonly advertise: string; readonly found: boolean}): Promise<void> {
		const {node, keys, authority, addressOf} = this.#options;
		const unproven = {token: {id: text.id, secret: text.secret}, id: node.id, name: node.name, identityKey: publicKeyOf(keys.privateKey), curveKey: keys.curveKey, address: addressOf(advertise)};
		const answer = await requestJoin({server, authoritySha256: text.authoritySha256, request: signProof(unproven, {privateKey: keys.privateKey, authoritySha256: text.authoritySha256})});
		const own = answer.members.find(({record}) => record.id === node.id)?.record;
		const isSigned = own?.identityKey === unproven.identityKey && answer.members.every(({record}) => isGenuine(record, answer.clusterKey));
		if (!isSigned || certificateSha256(answer.authority.certificate) !== text.authoritySha256) {
			throw new ClusterError('Forbidden', `${server} answered with ${isSigned ? 'another authority than its token names' : 'member records that its own key did not sign'}`, {fix: 'Check that this is the node you mean.'});
		}
		await authority.replace(answer.authority);
		const {clusterKey, broker} = answer;
		await this.#enter({clusterKey, advertise, found, ...(broker === undefined ? {} : {broker})}, answer.members);
	}

	/** Stores the genuine ones of a peer's member records; the rest are told and dropped. Resolves with those that were new. */
	async accept(records: readonly MemberRecord[]): Promise<readonly MemberRecord[]> {
		if (records.length === 0) return [];
		const {clusterKey} = this.#required();
		const genuine = records.filter(record => isGenuine(record, clusterKey));
		if (genuine.length < records.length) this.#options.log.warn('member records that the cluster did not sign were dropped', {ids: records.filter(record => !genuine.includes(record)).map(({id}) => id)});
		return mergeMembers(this.#options.store, genuine.map(record => ({record, addresses: []})));
	}

	/** True for a record that this cluster signed and that outranks what this node knows of its member. */
	isGenuine(record: MemberRecord): boolean {
		const known = this.#options.store.get('Member', {namespace: '', name: record.id});
		return this.file !== undefined && isGenuine(record, this.file.clusterKey) && (!known || outranks(record, known.spec));
	}

	/**
	 * Signs the tombstone of a member. Its keys open nothing from then on, wherever the tombstone has arrived. It outranks also what the member may
	 * have said of itself meanwhile, unheard, such as a new name.
	 */
	async entomb({spec}: Member): Promise<MemberRecord> {
		const {clusterKey} = this.#required();
		const {signature: _, ...statement} = spec;
		const record = signMember({...statement, incarnation: statement.incarnation + 1, forgotten: true, since: timestamp(this.#options.now()), by: this.#options.node.id}, clusterKey);
		await this.#options.store.transact(transaction => putMember(transaction, record));
		return record;
	}

	/** A new cluster key, signed with the present one, for every member that is to have it. Nothing has changed yet. */
	proposeKey(): KeyChange {
		return proposeKeyChange(this.#required().clusterKey);
	}

	/** Takes a new cluster key that the present one signed; taking it again is success. Throws `ClusterError` for any other. */
	async takeKey(change: KeyChange): Promise<void> {
		await this.#inTurn(async () => {
			const file = this.#required();
			const {clusterKey} = change;
			if (file.clusterKey === clusterKey) return;
			if (!isKeyChangeOf(file.clusterKey, change)) throw new ClusterError('Forbidden', 'this cluster key was not signed with the one in force');
			const next = {...file, clusterKey};
			await writeClusterFile(this.#options.dataDir, next);
			this.#file.next(next);
			this.#options.log.warn('the cluster has a new key');
		});
	}

	/** Signs every record anew with the key in force, tombstones too, so that what was signed with an older one counts for nothing. */
	async signAnew(): Promise<void> {
		const {clusterKey} = this.#required();
		const {store, node} = this.#options;
		await store.transact(transaction => {
			for (const {spec: {signature: _, ...statement}} of store.list('Member').items) putMember(transaction, signMember({...statement, incarnation: statement.incarnation + 1, by: node.id}, clusterKey));
		});
	}

	/** Ends this node's membership, as its own tombstone asks. */
	async leave(): Promise<void> {
		const {store, dataDir} = this.#options;
		await removeClusterFile(dataDir);
		await store.transact(transaction => {
			for (const {metadata} of store.list('Member').items) transaction.delete('Member', {namespace: '', name: metadata.name});
		});
		this.#file.next(undefined);
		await this.#unlisten();
	}

	async #unlisten(): Promise<void> {
		await this.#options.unlisten();
		this.#listening.next(undefined);
	}

	async #listenOn(advertise: string): Promise<void> {
		if (advertise === this.#listening.value) return;
		await this.#options.listen(advertise).catch((error: unknown) => {
			throw new ClusterError('Invalid', `this node cannot listen on ${advertise}: ${error instanceof Error ? error.message : String(error)}`, {fix: 'Say an address of this host with --advertise, and see that the ports of peers are free.', cause: error});
		});
		this.#listening.next(advertise);
	}

	async #enter(file: ClusterFile, others: JoinAnswer['members']): Promise<void> {
		await enterMembers(this.#options.store, others, file.clusterKey);
		await writeClusterFile(this.#options.dataDir, file);
		this.#file.next(file);
		await this.#renewOwnRecord();
	}

	/** Says anew what the cluster's record of this node says, when its name, keys or address have changed. */
	async #renewOwnRecord(): Promise<void> {
		const {store, node, keys, addressOf, now} = this.#options;
		if (!this.file) return;
		const {clusterKey, advertise} = this.file;
		const address = addressOf(this.#listening.value ?? advertise);
		const known = store.get('Member', {namespace: '', name: node.id});
		if (known?.spec.forgotten) return;
		const identityKey = publicKeyOf(keys.privateKey);
		const isCurrent = known?.spec.name === node.name && known.spec.curveKey === keys.curveKey && known.spec.identityKey === identityKey;
		const record = isCurrent ? known.spec : signMember({
			id: node.id, name: node.name, identityKey, curveKey: keys.curveKey, forgotten: false,
			since: known?.spec.since ?? timestamp(now()), by: node.id, incarnation: (known?.spec.incarnation ?? 0) + 1,
		}, clusterKey);
		await store.transact(transaction => putMember(transaction, record, [address]));
	}

	#required(): ClusterFile {
		if (!this.file) throw new ClusterError('Conflict', 'this node is in no cluster', {fix: 'Begin one with `motey cluster init`, or join one with `motey cluster join`.'});
		return this.file;
	}
}
