package io.cogaze.train.plan;

/**
 * Where one example lies and what the samplers need to know of it.
 *
 * @param exampleId unique in the shard set
 * @param file name of the shard file, relative to the shard set
 * @param rowGroup index of the row group in the file, from 0
 * @param row index of the row in its row group, from 0
 * @param targetClass index of the class, or -1 where it is unknown
 */
public record ExampleRef(String exampleId, String file, int rowGroup, int row, int targetClass) {}
