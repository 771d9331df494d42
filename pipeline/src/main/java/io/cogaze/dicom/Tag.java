package io.cogaze.dicom;

import java.util.Locale;

/**
 * Tags of the data elements that are read or written: group in the high, element in the low half.
 */
final class Tag {
  static final int META_GROUP_LENGTH = 0x00020000;
  static final int META_VERSION = 0x00020001;
  static final int MEDIA_STORAGE_SOP_CLASS_UID = 0x00020002;
  static final int MEDIA_STORAGE_SOP_INSTANCE_UID = 0x00020003;
  static final int TRANSFER_SYNTAX_UID = 0x00020010;
  static final int IMPLEMENTATION_CLASS_UID = 0x00020012;
  static final int IMPLEMENTATION_VERSION_NAME = 0x00020013;
  static final int IMAGE_TYPE = 0x00080008;
  static final int SOP_CLASS_UID = 0x00080016;
  static final int SOP_INSTANCE_UID = 0x00080018;
  static final int STUDY_DATE = 0x00080020;
  static final int STUDY_TIME = 0x00080030;
  static final int ACCESSION_NUMBER = 0x00080050;
  static final int MODALITY = 0x00080060;
  static final int PRESENTATION_INTENT_TYPE = 0x00080068;
  static final int MANUFACTURER = 0x00080070;
  static final int REFERRING_PHYSICIAN = 0x00080090;
  static final int PATIENT_NAME = 0x00100010;
  static final int PATIENT_ID = 0x00100020;
  static final int PATIENT_BIRTH_DATE = 0x00100030;
  static final int PATIENT_SEX = 0x00100040;
  static final int BODY_PART_EXAMINED = 0x00180015;
  static final int IMAGER_PIXEL_SPACING = 0x00181164;
  static final int VIEW_POSITION = 0x00185101;
  static final int STUDY_INSTANCE_UID = 0x0020000D;
  static final int SERIES_INSTANCE_UID = 0x0020000E;
  static final int STUDY_ID = 0x00200010;
  static final int SERIES_NUMBER = 0x00200011;
  static final int INSTANCE_NUMBER = 0x00200013;
  static final int PATIENT_ORIENTATION = 0x00200020;
  static final int SAMPLES_PER_PIXEL = 0x00280002;
  static final int PHOTOMETRIC_INTERPRETATION = 0x00280004;
  static final int NUMBER_OF_FRAMES = 0x00280008;
  static final int ROWS = 0x00280010;
  static final int COLUMNS = 0x00280011;
  static final int PIXEL_SPACING = 0x00280030;
  static final int BITS_ALLOCATED = 0x00280100;
  static final int BITS_STORED = 0x00280101;
  static final int HIGH_BIT = 0x00280102;
  static final int PIXEL_REPRESENTATION = 0x00280103;
  static final int PIXEL_PADDING_VALUE = 0x00280120;
  static final int PIXEL_PADDING_RANGE_LIMIT = 0x00280121;
  static final int PIXEL_INTENSITY_RELATIONSHIP = 0x00281040;
  static final int PIXEL_INTENSITY_RELATIONSHIP_SIGN = 0x00281041;
  static final int WINDOW_CENTER = 0x00281050;
  static final int WINDOW_WIDTH = 0x00281051;
  static final int RESCALE_INTERCEPT = 0x00281052;
  static final int RESCALE_SLOPE = 0x00281053;
  static final int RESCALE_TYPE = 0x00281054;
  static final int LOSSY_IMAGE_COMPRESSION = 0x00282110;
  static final int LUT_DESCRIPTOR = 0x00283002;
  static final int LUT_DATA = 0x00283006;
  static final int VOI_LUT_SEQUENCE = 0x00283010;
  static final int PIXEL_DATA = 0x7FE00010;
  static final int ITEM = 0xFFFEE000;
  static final int ITEM_DELIMITATION = 0xFFFEE00D;
  static final int SEQUENCE_DELIMITATION = 0xFFFEE0DD;

  private Tag() {}

  /** The usual way to write a tag: (0028,0010). */
  static String text(int tag) {
    return String.format(Locale.ROOT, "(%04X,%04X)", tag >>> 16, tag & 0xFFFF);
  }
}
