/**
 * What Compute once answered for other services, up to the microversion that ended it: images,
 * security groups, networks. Each call goes on to the service itself, as the caller.
 */
package welkin.compute.proxy;
