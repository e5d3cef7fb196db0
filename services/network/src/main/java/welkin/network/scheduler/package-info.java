/** Which agent serves which network and router, as administrators see and change it. */
package welkin.network.scheduler;
