import { describeResume } from "./resume.ts";

describeResume(1);
