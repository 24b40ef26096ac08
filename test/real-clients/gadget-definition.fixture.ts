/** A custom resource with everything that kubectl shows of one: columns, subresources, a rule, a default, descriptions. */
export const GADGET_DEFINITION = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gadgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: gadgets, kind: Gadget, shortNames: [gd], categories: [all] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {}, scale: { specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas } }
      additionalPrinterColumns:
        - { name: Size, type: integer, jsonPath: .spec.size }
        - { name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status' }
      schema:
        openAPIV3Schema:
          type: object
          description: Something handy.
          properties:
            spec:
              type: object
              required: [size]
              x-kubernetes-validations: [{ rule: 'self.size < 100', message: too big a gadget }]
              properties:
                size: { type: integer, description: How big it is. }
                replicas: { type: integer, default: 1 }
            status: { type: object, x-kubernetes-preserve-unknown-fields: true }
`;

/** A Gadget named `g` as YAML; `more` goes into its spec. */
export const gadget = (size: number, more = ''): string =>
  `{apiVersion: example.com/v1, kind: Gadget, metadata: {name: g}, spec: {size: ${String(size)}${more}}}`;
