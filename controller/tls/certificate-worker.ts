import {parentPort, workerData} from 'node:worker_threads';
import {createAuthority, createServerCertificate} from './authority.js';
import {CertificateOrder} from './make-certificates.js';

const {authority, nodeName, subjects, now} = CertificateOrder.parse(workerData);
const issuer = authority ?? await createAuthority(nodeName, now);
parentPort?.postMessage({authority: issuer, server: await createServerCertificate(issuer, subjects, now)});
