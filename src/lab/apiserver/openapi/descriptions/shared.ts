/** What fields mean that many types have under one name, and the types of metadata. For the notation see describe.ts. */
export const SHARED_DESCRIPTIONS = `
*
  apiVersion: Group and version of the API that this object is written in.
  kind: What the object is. Clients send it, and it cannot change.
  metadata: Name, labels and what else every object has.
  spec: What is wanted; others work to make it so.
  status: What is there at present, as the controllers report it.
  conditions: What has been found out about the object, one entry a type.
  observedGeneration: The generation of the object that this was reported for.
  lastTransitionTime: When the status last changed to another value.
  lastProbeTime: When this was last looked at.
  selector: Labels that the objects in question have.
meta.v1.ObjectMeta: What every stored object has: its name, its labels, and what the server keeps about it.
  annotations: Free texts by key, for tools; nothing is selected by them.
  creationTimestamp: When the server stored the object first. Set by the server.
  deletionGracePeriodSeconds: How long the object may take to end once it is deleted. Set by the server.
  deletionTimestamp: From when on the object is to be gone; it goes once its finalizers are. Set by the server.
  finalizers: Who has something to do before the object goes. Each takes its entry away when it is done.
  generateName: Beginning of a name that the server completes where no name is given.
  generation: Counts the changes of what is wanted. Set by the server.
  labels: Short texts by key, by which objects are selected.
  managedFields: Which manager owns which fields, for server-side apply. Kept by the server.
  name: Name of the object; only one of its kind in a namespace has it, and it cannot change.
  namespace: The namespace that the object is in; empty for kinds that are in none.
  ownerReferences: Objects that this one depends on; when all of them are gone, it goes too.
  resourceVersion: Changes with every write. Sent back with an update, it keeps that from undoing another one.
  selfLink: No longer set.
  uid: Tells this object from every other, also from one that had its name before. Set by the server.
meta.v1.OwnerReference: An object that another one belongs to, in the same namespace or in none.
  apiVersion: API version of the owner.
  blockOwnerDeletion: Whether the owner, deleted in the foreground, waits until this object is gone.
  controller: Whether the owner is the controller that manages this object.
  kind: Kind of the owner.
  name: Name of the owner.
  uid: Uid of the owner.
meta.v1.ManagedFieldsEntry: The fields that one manager owns.
  apiVersion: Version of the API in which the fields are named.
  fieldsType: Form of the set of fields; always FieldsV1.
  fieldsV1: The set of fields.
  manager: Who owns the fields.
  operation: Whether they were applied (Apply) or written otherwise (Update).
  subresource: The subresource through which they were written; empty for the object itself.
  time: When the set last grew or shrank, or a value in it changed.
meta.v1.LabelSelector: Selects objects by their labels; all that is said must hold. An empty one selects everything.
  matchExpressions: Requirements on labels.
  matchLabels: Labels that must have exactly these values.
meta.v1.LabelSelectorRequirement: A requirement on one label.
  key: The label.
  operator: In, NotIn, Exists or DoesNotExist.
  values: The values that In and NotIn compare with.
meta.v1.Condition: One thing that is known of an object.
  message: The details, for people.
  reason: One word for why it is so, for programs.
  status: True, False or Unknown.
  type: What this is about.
core.v1.ObjectReference: Names another object.
  apiVersion: API version of the object.
  fieldPath: The part of the object that is meant.
  kind: Kind of the object.
  name: Name of the object.
  namespace: Namespace of the object.
  resourceVersion: Version of the object that is meant.
  uid: Uid of the object.
core.v1.LocalObjectReference: Names an object of the same namespace.
  name: Name of the object.
`;
