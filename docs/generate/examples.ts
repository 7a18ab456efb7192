/** YAML that the pages show. Each is checked against the very schemas by `test/docs/reference.test.ts`. */
export const examples = {
	smallest: `
kind: Service
metadata: {name: hello}
spec:
  images: [{image: 'motey/hello:1'}]
`,
	service: `
apiVersion: motey.io/v1
kind: Service
metadata:
  name: shop
  labels: {app: shop}
spec:
  replicas: 2                        # of each image that names no number of its own
  images:
    - name: web
      image: shop/web:1.4
      parameters:                    # the engine's own words
        ports: {80/tcp: 8080-8081}   # each replica takes a free one
        environment: {MODE: prod}
      resources: {cpu: 500m, memory: 128Mi}
    - name: db
      image: shop/db:3
      replicas: 1
      parameters:
        volumes: ['data:/var/lib/db']
      capabilities: [ssd, {capability: zigbee, capability_type: hardware}]
      pullPolicy: IfNotPresent
      restartPolicy: Always
      restartUnhealthy: true
      maxBackoffSeconds: 300
      stopGraceSeconds: 30
`,
	instance: `
apiVersion: motey.io/v1
kind: Instance
metadata:
  name: shop-web-0
  namespace: default
  uid: 5b1d2a1e-6f0c-4f0e-9a35-0d1f2b9d3c11
  resourceVersion: '44'
  generation: 1
  creationTimestamp: '2026-01-31T12:00:00Z'
  labels: {app: shop, motey.io/service: shop, motey.io/image: web}
spec:
  service: shop
  image:
    name: web
    image: shop/web:1.4
    engine: docker
    parameters: {ports: {80/tcp: 8080-8081}, environment: {MODE: prod}}
    capabilities: []
    resources: {cpu: 500m, memory: 128Mi}
    pullPolicy: IfNotPresent
    restartPolicy: Always
    restartUnhealthy: true
    maxBackoffSeconds: 300
    stopGraceSeconds: 10
  slot: 0
  binding: 1
  nodeName: shelf-3
  specHash: 1-9c2f
  fence: 1
status:
  phase: Running
  reason: ''
  message: ''
  ready: true
  restarts: 0
  engineId: 4be1c0ffee
  address: 172.18.0.4
  ports: [{container: 80, host: 8080, protocol: tcp}]
  startedAt: '2026-01-31T12:00:02Z'
  conditions:
    - {type: Ready, status: 'True', reason: Running, message: '', lastTransitionTime: '2026-01-31T12:00:02Z'}
`,
	node: `
apiVersion: motey.io/v1
kind: Node
metadata:
  name: shelf-3
  uid: 0e7d4c62-8a5e-4d0f-9f41-53d7a9a0a1b2
  resourceVersion: '12'
  generation: 1
  creationTimestamp: '2026-01-31T11:00:00Z'
  labels: {site: north}
spec: {unschedulable: false}
status:
  id: 3fd2a9c41b7e
  addresses: [192.168.1.7]
  engines: [{name: docker, version: 20.10.24, healthy: true}]
  capabilities:
    - {capability: docker, capability_type: engine, source: engine}
    - {capability: zigbee, capability_type: hardware, source: rest}
  capacity: {cpu: '4', memory: 8000Mi}
  reserved: {cpu: 500m, memory: 128Mi}
  info: {version: 0.1.0, os: linux, architecture: arm64, kernel: 6.1.0}
  conditions:
    - {type: Ready, status: 'True', reason: Ready, message: '', lastTransitionTime: '2026-01-31T11:00:01Z'}
`,
	event: `
apiVersion: v1
kind: Event
metadata:
  name: shop-web-0.18a
  namespace: default
  uid: 9c9b9a55-13c3-4f5b-9d0b-5f1f5a7c7b10
  resourceVersion: '7'
  generation: 1
  creationTimestamp: '2026-01-31T12:00:02Z'
involvedObject: {apiVersion: motey.io/v1, kind: Instance, namespace: default, name: shop-web-0, uid: 5b1d2a1e-6f0c-4f0e-9a35-0d1f2b9d3c11}
type: Normal
reason: Started
message: motey_default_shop-web-0_3fd2a9 runs
count: 1
firstTimestamp: '2026-01-31T12:00:02Z'
lastTimestamp: '2026-01-31T12:00:02Z'
source: {component: motey, host: shelf-3}
`,
	blueprint: `
service_name: shop
node_type: edge
images:
  - name: shop/web:1.4
    engine: docker
    parameters: {ports: {80/tcp: 8080}}
    capabilities: [gpu]
`,
	sameService: `
apiVersion: motey.io/v1
kind: Service
metadata:
  name: shop
  labels: {motey.io/node-type: edge}
spec:
  images:
    - name: web
      image: shop/web:1.4
      engine: docker
      parameters: {ports: {80/tcp: 8080}}
      capabilities: [gpu]
`,
	configuration: `
name: shelf-3
api:
  listen: [192.168.1.7]              # TLS here too
log: {level: info}
capabilities:
  static:
    - {capability: zigbee, capability_type: hardware}
policy:                              # only in this file
  allowDevices: [/dev/ttyUSB0]
  allowHostPaths: [/srv/shop]
limits: {watches: 400}
`,
} as const;
