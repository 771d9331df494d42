package io.cogaze.synthetic;

import io.cogaze.gaze.ScreenMapping;

/**
 * Writes the 59 columns of master_sheet.csv; the indications hold commas, quotes and line breaks.
 */
final class MasterSheet {
  static final String HEADER =
      "dicom_id,path,study_id,patient_id,stay_id,gender,anchor_age,"
          + "image_top_pad,image_bottom_pad,image_left_pad,image_right_pad,"
          + "dx1,dx1_icd,dx2,dx2_icd,dx3,dx3_icd,dx4,dx4_icd,dx5,dx5_icd,"
          + "dx6,dx6_icd,dx7,dx7_icd,dx8,dx8_icd,dx9,dx9_icd,"
          + "normal_reports,Normal,CHF,pneumonia,"
          + "consolidation,enlarged_cardiac_silhouette,linear__patchy_atelectasis,"
          + "lobar__segmental_collapse,"
          + "not_otherwise_specified_opacity___pleural__parenchymal_opacity__,"
          + "pleural_effusion_or_thickening,pulmonary_edema__hazy_opacity,normal_anatomically,"
          + "elevated_hemidiaphragm,hyperaeration,vascular_redistribution,"
          + "atelectasis__chx,cardiomegaly__chx,consolidation__chx,edema__chx,"
          + "enlarged_cardiomediastinum__chx,fracture__chx,lung_lesion__chx,lung_opacity__chx,"
          + "no_finding__chx,pleural_effusion__chx,pleural_other__chx,pneumonia__chx,"
          + "pneumothorax__chx,support_devices__chx,cxr_exam_indication\n";

  private static final String[][] DIAGNOSES = {
    {"Chest pain, unspecified", "R079"},
    {"Cough", "7862"},
    {"Dizziness and giddiness", "R42"},
    {"Heart failure, unspecified", "I509"},
    {"CONGESTIVE HEART FAILURE, UNSPECIFIED", "4280"},
    {"Acute on chronic systolic (congestive) heart failure", "I5023"},
    {"Pneumonia, unspecified organism", "J189"},
    {"PNEUMONIA,ORGANISM UNSPECIFIED", "486"},
    {"Lobar pneumonia, unspecified organism", "J181"},
    {"Essential (primary) hypertension", "I10"},
    {"Type 2 diabetes mellitus without complications", "E119"},
    {"HYPERLIPIDEMIA NEC/NOS", "2724"}
  };

  private static final String[] COMPLAINTS = {
    "chest pain",
    "cough, fever",
    "shortness of breath",
    "dyspnea on exertion",
    "leg swelling, orthopnea",
    "weakness"
  };

  private static final String[] QUESTIONS = {
    "evaluate for acute process",
    "eval for pneumonia",
    "r/o \"fluid overload\"",
    "eval for infiltrate, effusion",
    "acute cardiopulmonary process?"
  };

  private MasterSheet() {}

  static void append(StringBuilder out, CasePlan plan, boolean effusion) {
    Draw person = Draw.of(plan.seed(), plan.patientIndex(), "person");
    Draw draw = Draw.of(plan.seed(), plan.imageIndex(), "sheet");
    String gender = person.chance(0.52) ? "M" : "F";
    int decade = 20 + 10 * person.below(6);
    ScreenMapping.Pads pads = ScreenMapping.padsFor(plan.width(), plan.height());
    CsvRow row =
        new CsvRow(out)
            .plain(plan.dicomId())
            .plain(plan.path())
            .whole(plan.studyId())
            .whole(plan.patientId())
            .whole(30_000_000L + draw.below(10_000_000))
            .plain(gender)
            .plain(decade + " - " + (decade + 10))
            .whole(pads.top())
            .whole(pads.bottom())
            .whole(pads.left())
            .whole(pads.right());
    diagnoses(row, plan.disease(), draw);
    findings(row, plan.disease(), effusion, draw);
    row.text(indication(gender, decade, draw)).end();
  }

  private static void diagnoses(CsvRow row, Disease disease, Draw draw) {
    int further = draw.below(4);
    int first =
        switch (disease) {
          case NORMAL -> 0;
          case CHF -> 3;
          case PNEUMONIA -> 6;
        };
    for (int k = 0; k < 9; k++) {
      if (k > further) {
        row.plain("").plain("");
        continue;
      }
      String[] diagnosis = DIAGNOSES[k == 0 ? first + draw.below(3) : 9 + draw.below(3)];
      row.text(diagnosis[0]).plain(diagnosis[1]);
    }
  }

  private static void findings(CsvRow row, Disease disease, boolean effusion, Draw draw) {
    boolean normal = disease == Disease.NORMAL;
    boolean failing = disease == Disease.CHF;
    boolean infected = disease == Disease.PNEUMONIA;
    row.whole(normal ? 1 : 0);
    row.whole(normal ? 1 : 0).whole(failing ? 1 : 0).whole(infected ? 1 : 0);
    // Findings of the report.
    boolean[] seen = {
      infected && draw.chance(0.7),
      failing && draw.chance(0.9),
      false,
      false,
      infected && draw.chance(0.4),
      effusion,
      failing && draw.chance(0.9),
      normal,
      false,
      false,
      failing && draw.chance(0.5)
    };
    for (boolean finding : seen) {
      row.whole(finding ? 1 : 0);
    }
    // CheXpert's coding: 1 positive, 0 negated, -1 uncertain, empty not mentioned.
    String[] coded = {
      "",
      failing ? "1" : draw.chance(0.3) ? "0" : "",
      infected ? draw.chance(0.8) ? "1" : "-1" : draw.chance(0.4) ? "0" : "",
      failing ? draw.chance(0.8) ? "1" : "-1" : draw.chance(0.3) ? "0" : "",
      "",
      "",
      "",
      infected ? "1" : "",
      normal ? "1" : "",
      effusion ? "1" : draw.chance(0.5) ? "0" : "",
      "",
      infected ? draw.chance(0.7) ? "1" : "-1" : draw.chance(0.3) ? "0" : "",
      draw.chance(0.6) ? "0" : "",
      draw.chance(0.2) ? "1" : ""
    };
    for (String code : coded) {
      row.plain(code);
    }
  }

  private static String indication(String gender, int decade, Draw draw) {
    String complaint = COMPLAINTS[draw.below(COMPLAINTS.length)];
    String question = QUESTIONS[draw.below(QUESTIONS.length)];
    String who = "___-year-old " + (gender.equals("M") ? "man" : "woman");
    if (draw.chance(0.25)) {
      return "History: " + decade + "s" + gender + " with " + complaint + "\n" + question + "\n";
    }
    return who + " with " + complaint + ", " + question;
  }
}
