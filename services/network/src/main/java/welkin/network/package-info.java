/** Network: upstream's Neutron with ML2 and the {@code kernel} mechanism driver. */
package welkin.network;
