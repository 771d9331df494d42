/** Building blocks of networks: groups of layers that several networks share. */
package io.cogaze.nn.block;
